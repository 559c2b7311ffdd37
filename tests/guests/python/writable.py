"""Changes files in a writable tree, as programs do, and prints the results.

The tree is mounted at /app, with an empty /tmp beside it. `app/shop.db` is a database of
SQLite, and `app/lesson` a package. The output is the same in each run: it has no times,
no random names and no addresses.
"""
import filecmp
import importlib.util
import logging.handlers
import os
import pathlib
import shelve
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import zipfile


def listing(directory):
    """The names below a directory, with the size of each file."""
    for path in sorted(pathlib.Path(directory).rglob("*")):
        print(" ", path, path.stat().st_size if path.is_file() else "/")


def temporary_files():
    print(tempfile.gettempdir())
    with tempfile.NamedTemporaryFile("w+", suffix=".txt") as file:
        file.write("some text")
        file.flush()
        print(os.path.dirname(file.name), os.path.getsize(file.name))
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "deep" / "er").mkdir(parents=True)
    with tempfile.SpooledTemporaryFile(max_size=10) as spooled:
        spooled.write(b"more than ten bytes")
        spooled.seek(5)
        print(spooled.read())
    with tempfile.TemporaryFile() as unnamed:
        unnamed.write(b"x" * 100_000)
        unnamed.truncate(70_000)
        print(unnamed.seek(0, os.SEEK_END))
    print(os.listdir("/tmp"))


def forget(name):
    del sys.modules[name]
    importlib.invalidate_caches()


def byte_code():
    sys.dont_write_bytecode = False
    sys.path.insert(0, "/app")
    import lesson.greeting

    cached = importlib.util.cache_from_source("/app/lesson/greeting.py")
    print(lesson.greeting.WORD, cached, os.path.getsize(cached) > 0)
    # With length and time of the source kept, only byte code still has the old word.
    source = pathlib.Path("/app/lesson/greeting.py")
    before = source.stat()
    source.write_text(source.read_text().replace("hello", "HELLO"))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    forget("lesson.greeting")
    import lesson.greeting

    print(lesson.greeting.WORD)
    os.unlink(cached)
    forget("lesson.greeting")
    import lesson.greeting

    print(lesson.greeting.WORD)


def new_module():
    pathlib.Path("/app/written.py").write_text("def twice(x):\n    return 2 * x\n")
    import written

    print(written.twice(21), os.path.exists(importlib.util.cache_from_source(written.__file__)))


def trees():
    shutil.copytree("/app/lesson", "/app/copy", ignore=shutil.ignore_patterns("__pycache__"))
    compared = filecmp.dircmp("/app/lesson", "/app/copy", ignore=["__pycache__"])
    print(compared.left_only, compared.right_only, compared.diff_files, compared.same_files)
    shutil.move("/app/copy", "/app/moved")
    os.replace("/app/moved/greeting.py", "/app/moved/data/notes.txt")
    listing("/app/moved")
    shutil.rmtree("/app/moved")
    shutil.rmtree("/app/lesson/data")
    print(sorted(os.listdir("/app/lesson")), os.path.exists("/app/moved"))


def links():
    os.symlink("lesson/greeting.py", "/app/short.py")
    os.link("/app/written.py", "/app/twin.py")
    stat = os.stat("/app/twin.py")
    print(os.readlink("/app/short.py"), stat.st_nlink, stat.st_ino == os.stat("/app/written.py").st_ino)
    with open("/app/twin.py", "a") as file:
        file.write("# more\n")
    print(os.path.getsize("/app/written.py"))
    os.remove("/app/written.py")
    print(os.stat("/app/twin.py").st_nlink)


def open_and_unlinked():
    with open("/app/lesson/greeting.py", "r+b") as file:
        os.unlink("/app/lesson/greeting.py")
        file.seek(0, os.SEEK_END)
        file.write(b"# the end\n")
        file.seek(0)
        print(file.read().count(b"\n"), os.path.exists("/app/lesson/greeting.py"))


def holes():
    with open("/app/hole", "wb") as file:
        file.seek(1 << 30)
        file.write(b"end")
    with open("/app/hole", "rb") as file:
        file.seek((1 << 30) - 5)
        print(file.read(), os.path.getsize("/app/hole"))
    os.remove("/app/hole")


def rows(database):
    return database.execute("select name, price from goods order by name").fetchall()


def database_that_is_read():
    database = sqlite3.connect("file:/app/shop.db?mode=ro", uri=True)
    print(rows(database))
    try:
        database.execute("delete from goods")
    except sqlite3.OperationalError as error:
        print(error)
    database.close()


def database_that_is_written():
    database = sqlite3.connect("/app/shop.db")
    with database:
        database.execute("insert into goods values ('pear', 3)")
    try:
        with database:
            database.execute("update goods set price = 100")
            raise ValueError
    except ValueError:
        pass
    print(rows(database), database.execute("pragma journal_mode").fetchone())
    with database:
        for number in range(2000):
            database.execute("insert into goods values (?, ?)", (f"n{number:04}", number))
    database.execute("delete from goods where name like 'n%'")
    database.commit()
    database.execute("vacuum")
    print(database.execute("pragma integrity_check").fetchone(), rows(database))
    database.close()
    again = sqlite3.connect("/app/shop.db")
    print(rows(again), sorted(name for name in os.listdir("/app") if name.startswith("shop")))
    again.close()
    with sqlite3.connect("/app/new.db") as new:
        new.execute("create table t (a)")
        new.execute("insert into t values (1)")
    new.close()
    print(os.path.getsize("/app/new.db"))


def archives():
    with zipfile.ZipFile("/app/all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.txt", "one" * 1000)
        archive.write("/app/twin.py", "two.py")
    with zipfile.ZipFile("/app/all.zip") as archive:
        print(archive.testzip(), archive.namelist())
        archive.extractall("/app/unzipped")
    with tarfile.open("/app/all.tar.gz", "w:gz") as archive:
        archive.add("/app/unzipped", "unzipped")
    with tarfile.open("/app/all.tar.gz") as archive:
        archive.extractall("/app/untarred", filter="data")
    listing("/app/untarred")


def logs():
    handler = logging.handlers.RotatingFileHandler("/app/log", maxBytes=200, backupCount=2)
    logger = logging.getLogger("writable")
    logger.addHandler(handler)
    for number in range(40):
        logger.warning("message %d", number)
    handler.close()
    print([os.path.getsize(f"/app/log{end}") for end in ("", ".1", ".2")])
    with shelve.open("/app/shelf", writeback=True) as shelf:
        shelf["key"] = [1]
        shelf["key"].append(2)
    with shelve.open("/app/shelf") as shelf:
        print(dict(shelf))


def many_names():
    os.mkdir("/app/many")
    for number in range(3000):
        with open(f"/app/many/{number}", "w") as file:
            file.write(str(number))
    # Listed as a whole, since Node loses entries of a directory that changes.
    for name in os.listdir("/app/many"):
        if int(name) % 2:
            os.remove(f"/app/many/{name}")
    print(len(os.listdir("/app/many")))
    shutil.rmtree("/app/many")


for part in (
    temporary_files, byte_code, new_module, trees, links, open_and_unlinked, holes,
    database_that_is_read, database_that_is_written, archives, logs, many_names,
):
    print(part.__name__)
    part()
