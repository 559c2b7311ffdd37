"""Runs tests of CPython that read files, walk trees, import and load resources.

They lie in /tests, with what they need to read; what they write goes to /tmp.
After the line "results:" each test has a line: its name, how it ended, and the
exception if it did not pass. That is all that two runs are compared by: messages
have addresses and times in them. `MODULES` before this program replaces its list.
"""
import os
import sys
import unittest
import warnings

DEFAULT_MODULES = """
    test_bufio test_bz2 test_codecmaps_jp test_configparser test_csv test_email
    test_file test_fileinput test_fileio test_fnmatch test_genericpath
    test_gettext test_glob test_gzip test_importlib test_inspect test_linecache
    test_minidom test_modulefinder test_module test_multibytecodec test_netrc
    test_os test_plistlib test_posixpath test_py_compile test_pydoc test_pyexpat
    test_runpy test_sax test_shutil test_source_encoding test_stat test_tabnanny
    test_tarfile test_tempfile test_tokenize test_tomllib test_trace
    test_univnewlines test_utf8source test_wave test_xml_etree test_zipapp
    test_zipfile test_zipimport test_zipimport_support test_zoneinfo
""".split()

LEFT_OUT = {
    # What a file's time is next to the clock's.
    "test_os.UtimeTests",
    # Need the library as files, and it is an archive here.
    "test_zipfile.test_core.PyZipFileTests",
    # Seconds to minutes of work on bytes in memory.
    "TestRoundtrip.test_random_files",
    "testZip64",
    "test_tarfile.Bz2",
    "test_tarfile.Lzma",
    # Deep recursion: how deep is for the engine to say.
    "test_max_indent",
    "test_recursion",
    "test_recursive",
}


class Results(unittest.TestResult):
    """Writes the lines."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    def put(self, test, outcome, error=(None, None, None)):
        kind = f" ({error[0].__name__})" if error[0] else ""
        print(f"{outcome}: {test.id()}{kind}", file=self.lines, flush=True)

    def addSuccess(self, test):
        self.put(test, "passed")

    def addSkip(self, test, reason):
        self.put(test, "skipped")

    def addError(self, test, error):
        self.put(test, "error", error)

    def addFailure(self, test, error):
        self.put(test, "failed", error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.put(test, "failed", error)

    def addExpectedFailure(self, test, error):
        self.put(test, "expected-failure", error)

    def addUnexpectedSuccess(self, test):
        self.put(test, "unexpected-success")


def kept(suite):
    """The suite without what is left out, its groups as they were: they say when
    a module's or a class's fixtures are set up."""
    items = [
        kept(item) if isinstance(item, unittest.TestSuite) else item
        for item in suite
        if isinstance(item, unittest.TestSuite) or not is_left_out(item)
    ]
    return unittest.TestSuite(items)


def is_left_out(test):
    return any(name in test.id() for name in LEFT_OUT)


def main():
    sys.path.append("/tests")
    warnings.simplefilter("ignore")
    os.chdir("/tmp")
    with open("results", "w") as lines:
        for name in globals().get("MODULES", DEFAULT_MODULES):
            suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{name}")
            kept(suite).run(Results(lines))
    with open("results") as lines:
        print("results:", lines.read(), sep="\n", end="")


main()
