# Reads the library as it was published, one zip of thousands of files: all of it,
# and then by importing a package of which every part comes from there.
import sys
import zipfile

ZIP = "/zip/python315.zip"

with zipfile.ZipFile(ZIP) as library:
    print(len(library.namelist()), "files,", "damaged:", library.testzip())

sys.path.insert(0, ZIP)
import pandas

print(pandas.__file__)
print(pandas.Series([1, 2, 3.5]).describe().to_json())
modules = [module for module in sys.modules.values() if module is not None]
print(sum(str(getattr(module, "__file__", "")).startswith(ZIP) for module in modules), "modules")
