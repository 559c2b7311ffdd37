# Requires 40 libraries of Ruby's own, and says how many files that loaded.
names = %w[
  English benchmark cgi coverage date delegate did_you_mean digest erb error_highlight
  fileutils find forwardable json objspace logger monitor open3 observer optparse
  ostruct pathname prettyprint pstore psych random/formatter ripper securerandom set
  shellwords singleton stringio strscan tempfile time timeout tsort uri weakref yaml
]
raise "expected 40 libraries, found #{names.size}" unless names.size == 40
names.each { |name| require name }
$LOADED_FEATURES.size.to_s
