# Requires ten libraries and uses a little of each. Prints the loaded files at the end.
require "csv"
require "digest"
require "erb"
require "fileutils"
require "json"
require "optparse"
require "set"
require "time"
require "uri"
require "yaml"

puts JSON.generate({ "a" => [1, 2.5] }), Time.parse("2024-12-25 10:20:30 UTC").iso8601
puts CSV.parse("x,y\n1,2\n", headers: true).map(&:to_h).inspect, ERB.new("<%= 6 * 7 %>").result
puts({ "list" => [1, "two"] }.to_yaml, URI.parse("https://example.com/a?b=c").query)
puts Digest::SHA256.hexdigest("wasi"), Set.new([1, 1]).size
puts OptionParser.new { |o| o.on("-v") }.parse(%w[-v rest]).inspect, FileUtils.pwd
puts $LOADED_FEATURES.grep(%r{\A/usr/})
