//! Sizes beside other formats, on the same trees.
//!
//! What another format takes depends on nothing that is under test. It is kept
//! in `target/bench/peers`, and measured again when a tree has changed.

use crate::command::{Command, is_installed, root};
use crate::content::Content;
use crate::file::len;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{grouped, ratio};
use crate::storage::Storage;
use crate::trees::{TYPESCRIPT, Tree};
use crate::variant::WORK;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

const TO_SQUASHFS: Goal =
    Goal::at_most("bytes added, to squashfs of 1 MiB", 0.9).limited_by(BLOCKS);
const TO_SOLID: Goal = Goal::at_most("bytes added, to solid zstd", 1.05).limited_by(BLOCKS);
const VERSIONS: Goal = Goal::at_most("bytes added, three TypeScripts, to solid zstd", 1.0).limited_by(
    "a block sees itself and the base; a solid archive sees 128 MiB, so a file's other version costs \
     it next to nothing wherever it is",
);
const BLOCKS: &str = "a cold read decompresses 256 KiB at most, so a block is compressed with sight of \
                      256 KiB, the base and itself, and not of 1 MiB or of everything";

/// Compressing takes most of the time, on one core in most formats.
const WORKERS: usize = 2;

/// Another format.
struct Peer {
    name: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    /// Writes the tree in the first path to the file in the second.
    write: fn(&str, &str) -> String,
    /// Writes what is in the first path to the directory in the second.
    extract: fn(&str, &str) -> String,
}

const SOLID: usize = 0;
const SQUASHFS: usize = 1;

const PEERS: [Peer; 5] = [
    Peer {
        name: "solid",
        title: "solid `tar`, `zstd -19 --long=27`",
        needs: &["tar", "zstd"],
        write: |tree, to| {
            format!("tar --sort=name -C {tree} -cf - . | zstd -q -f -19 --long=27 -o {to}")
        },
        extract: |from, to| format!("zstd -dc --long=27 {from} | tar -C {to} -xf -"),
    },
    Peer {
        name: "squashfs-1m",
        title: "`mksquashfs`, zstd 19, 1 MiB",
        needs: &["mksquashfs", "unsquashfs"],
        write: |tree, to| squashfs("1M", tree, to),
        extract: unsquashfs,
    },
    Peer {
        name: "squashfs-128k",
        title: "the same, 128 KiB",
        needs: &["mksquashfs", "unsquashfs"],
        write: |tree, to| squashfs("128K", tree, to),
        extract: unsquashfs,
    },
    Peer {
        name: "erofs",
        title: "`mkfs.erofs`, lz4hc, 64 KiB",
        needs: &["mkfs.erofs", "fsck.erofs"],
        write: |tree, to| format!("mkfs.erofs --quiet -zlz4hc -C65536 {to} {tree}"),
        extract: |from, to| format!("fsck.erofs --overwrite --extract={to} {from}"),
    },
    Peer {
        name: "zip",
        title: "`zip -9`",
        needs: &["zip", "python3"],
        write: |tree, to| {
            format!("rm -f {to}.zip; (cd {tree} && zip -q -9 -r - .) >{to}.zip && mv {to}.zip {to}")
        },
        extract: |from, to| format!("python3 -m zipfile -e {from} {to}"),
    },
];

fn squashfs(block: &str, tree: &str, to: &str) -> String {
    format!(
        "mksquashfs {tree} {to} -comp zstd -Xcompression-level 19 -b {block} -noappend -quiet \
         -no-progress"
    )
}

fn unsquashfs(from: &str, to: &str) -> String {
    format!("unsquashfs -quiet -no-progress -f -d {to} {from}")
}

/// One format on one tree.
struct Job {
    tree: Tree,
    peer: &'static Peer,
    expected: Content,
}

/// Bytes, or nothing where a format's programs are not installed.
type Size = Option<u64>;

/// What each takes for each tree.
pub(crate) fn sizes(contents: &[(Tree, Content)]) -> Result<Section> {
    let jobs = jobs(contents);
    let sizes = measure(&jobs)?;
    let mut section = Section::new(
        "Size beside other formats",
        "Bytes. Ours is everything that `pack --compress` adds to a module, the runtime \
         included; in brackets what that is of each of the others. Each of those was extracted and \
         compared.",
    );
    let titles = PEERS.iter().map(|peer| &peer.title);
    section = section.head(["", "files", "bytes", "wasi-vfs"].iter().chain(titles));
    for ((tree, content), sizes) in contents.iter().zip(sizes.chunks(PEERS.len())) {
        add_row(&mut section, tree, content, sizes)?;
    }
    jobs.iter().for_each(|job| section.command(&job.command()));
    Ok(section)
}

fn jobs(contents: &[(Tree, Content)]) -> Vec<Job> {
    let of_tree = |&(tree, expected)| {
        PEERS.iter().map(move |peer| Job {
            tree,
            peer,
            expected,
        })
    };
    contents.iter().flat_map(of_tree).collect()
}

fn add_row(section: &mut Section, tree: &Tree, content: &Content, sizes: &[Size]) -> Result<()> {
    let ours = Packed::new(Program::Reader, tree, Storage::Default).added()?;
    let row = [
        tree.title.to_owned(),
        grouped(content.files),
        grouped(content.bytes),
        grouped(ours),
    ];
    let cell = |size: &Size| match *size {
        Some(size) => format!("{} ({})", grouped(size), ratio(ours, size)),
        None => "not installed".to_owned(),
    };
    section.row(row.into_iter().chain(sizes.iter().map(cell)));
    let to = |peer: usize| sizes[peer].map_or(f64::NAN, |size| ours as f64 / size as f64);
    if *tree == TYPESCRIPT {
        section.case(VERSIONS, "", to(SOLID));
    } else {
        section.case(TO_SOLID, tree.title, to(SOLID));
    }
    section.case(TO_SQUASHFS, tree.title, to(SQUASHFS));
    Ok(())
}

fn measure(jobs: &[Job]) -> Result<Vec<Size>> {
    let queue = Mutex::new(jobs.iter().enumerate());
    let sizes = Mutex::new(vec![None; jobs.len()]);
    let work = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no worker panics").next();
            let Some((number, job)) = next else {
                return Ok(());
            };
            let size = job.size().with_context(|| job.command().to_string())?;
            sizes.lock().expect("no worker panics")[number] = size;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Result<()>>| {
            worker.join().expect("no worker panics")
        };
        workers.into_iter().try_for_each(join)
    })?;
    Ok(sizes.into_inner().expect("no worker panics"))
}

impl Job {
    fn path(&self) -> String {
        format!("{WORK}/peers/{}-{}", self.tree.name, self.peer.name)
    }

    fn command(&self) -> Command {
        Command::shell((self.peer.write)(&self.tree.path(), &self.path()))
    }

    fn size(&self) -> Result<Size> {
        if !self.peer.needs.iter().all(|program| is_installed(program)) {
            return Ok(None);
        }
        let kept = root().join(self.path() + ".size");
        let key = format!("{:016x} {}", self.expected.digest, self.command());
        if let Some(size) = read_kept(&kept, &key) {
            return Ok(Some(size));
        }
        step(format_args!("{} in {}", self.tree.title, self.peer.title));
        fs::create_dir_all(root().join(WORK).join("peers"))?;
        self.command().run()?;
        let size = len(&self.path())?;
        self.check()?;
        fs::remove_file(root().join(self.path()))?;
        fs::write(kept, format!("{key}\n{size}\n"))?;
        Ok(Some(size))
    }

    /// What it writes is the tree.
    fn check(&self) -> Result<()> {
        let extracted = self.path() + ".d";
        let fresh = format!("rm -rf {extracted} && mkdir {extracted}");
        Command::shell(fresh).run()?;
        Command::shell((self.peer.extract)(&self.path(), &extracted)).run()?;
        let found = Content::of(&root().join(&extracted))?;
        self.expected.expect(&found, self.peer.title)?;
        Ok(fs::remove_dir_all(root().join(extracted))?)
    }
}

fn read_kept(path: &Path, key: &str) -> Size {
    let text = fs::read_to_string(path).ok()?;
    let size = text.strip_prefix(key)?.trim();
    size.parse().ok()
}
