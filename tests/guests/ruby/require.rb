# Loads much of the standard library and uses a little of each part.
require "benchmark"
require "cgi"
require "csv"
require "date"
require "delegate"
require "digest"
require "erb"
require "fileutils"
require "find"
require "forwardable"
require "json"
require "logger"
require "observer"
require "open3"
require "optparse"
require "ostruct"
require "pathname"
require "pp"
require "prime"
require "pstore"
require "psych"
require "rexml/document"
require "ripper"
require "securerandom"
require "set"
require "shellwords"
require "singleton"
require "stringio"
require "strscan"
require "tempfile"
require "time"
require "tsort"
require "uri"
require "weakref"
require "yaml"

puts JSON.generate({ "a" => [1, 2.5, nil] }), JSON.parse('{"b": [true]}')
puts CSV.parse("x,y\n1,2\n", headers: true).map(&:to_h).inspect
puts Date.new(2024, 12, 25).strftime("%A")
puts Time.parse("2024-12-25 10:20:30 UTC").iso8601
puts Digest::SHA256.hexdigest("wasi")
puts ERB.new("<%= 6 * 7 %>").result
puts Set.new([1, 2, 2]).size
puts({ "list" => [1, "two"] }.to_yaml, YAML.load("- 1\n- two\n").inspect)
puts URI.parse("https://example.com/a?b=c").query
puts Prime.first(5).inspect
puts REXML::Document.new("<a><b>text</b></a>").root.elements["b"].text
puts OptionParser.new { |o| o.on("-v") }.parse(%w[-v rest]).inspect
puts Shellwords.split("one 'two three'").inspect
puts Ripper.sexp("1 + 1").first
puts $LOADED_FEATURES.count { |feature| feature.start_with?("/usr/local/lib/ruby/") } > 100
