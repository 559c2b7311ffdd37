# Imports 60 modules of Python's own, and says how many modules that loaded.
import importlib
import sys

NAMES = """
abc argparse ast asyncio base64 bisect calendar codecs collections configparser
contextlib copy csv dataclasses datetime decimal difflib dis doctest email.message
enum fnmatch fractions functools getopt gettext glob gzip hashlib heapq html.parser
http.client inspect io ipaddress itertools json keyword locale logging.config
numbers operator optparse pathlib pickle pprint queue random re shlex
statistics string tempfile textwrap threading tomllib traceback typing unittest uuid
""".split()
assert len(NAMES) == 60, len(NAMES)
for name in NAMES:
    importlib.import_module(name)
print(len(NAMES), len(sys.modules))
