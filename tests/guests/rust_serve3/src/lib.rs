//! Serves the files in `/data` over HTTP.
//!
//! The program copies no byte of a file: the body of a response is the stream of
//! `read-via-stream`. A missing file is status 404.

use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasip3::http::types::{ErrorCode, Fields, Request, Response};
use wasip3::wit_future;

wasip3::http::service::export!(Server);

struct Server;

impl wasip3::exports::http::handler::Guest for Server {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        let file = open(path.trim_start_matches('/')).await;
        let is_missing = file.is_none();
        let body = file.map(|file| file.read_via_stream(0).0);
        let (_, trailers) = wit_future::new(|| Ok(None));
        let (response, _) = Response::new(Fields::new(), body, trailers);
        if is_missing {
            response.set_status_code(404).expect("a status");
        }
        Ok(response)
    }
}

async fn open(path: &str) -> Option<Descriptor> {
    let directories = get_directories();
    let mut directories = directories.iter();
    let (directory, _) = directories.find(|(_, name)| name == "/data")?;
    let flags = (PathFlags::SYMLINK_FOLLOW, OpenFlags::empty());
    let opened = directory.open_at(flags.0, path.into(), flags.1, DescriptorFlags::READ);
    opened.await.ok()
}
