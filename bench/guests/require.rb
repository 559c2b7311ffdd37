# Requires 40 libraries of Ruby's own, and says how many files that loaded.
names = %w[
  abbrev benchmark bigdecimal cgi coverage csv date delegate did_you_mean digest
  erb error_highlight fileutils find forwardable ipaddr json logger matrix monitor
  net/protocol observer open3 optparse ostruct pathname pp prettyprint prime pstore
  psych racc/parser random/formatter rexml/document rinda/tuplespace ripper
  securerandom set shellwords singleton stringio strscan tempfile time timeout
  tmpdir tsort uri weakref yaml English
]
loaded = names.count do |name|
  require name
  true
rescue LoadError
  false
end
"#{loaded} #{$LOADED_FEATURES.size}"
