// Programs to begin with, by the name that the page shows.
export const examples = {
  "Libraries": `require "csv"
require "erb"
require "json"
require "set"
require "time"

orders = CSV.parse(<<~TABLE, headers: true).map(&:to_h)
  fruit,boxes,picked
  apple,12,2024-09-03
  pear,7,2024-09-10
  quince,3,2024-10-21
TABLE

puts JSON.pretty_generate(orders.first)
puts "boxes: #{orders.sum { |order| order["boxes"].to_i }}"
puts "months: #{Set.new(orders.map { |order| Date.parse(order["picked"]).strftime("%B") }).join(", ")}"
puts ERB.new("<% orders.each do |order| %>* <%= order['fruit'] %>\\n<% end %>").result(binding)
`,
  "Files that stay": `require "fileutils"
require "pstore"
require "tempfile"

# Each run edits this file and requires it. Reload the
# page, and run the program again.
FileUtils.mkdir_p("lib")
path = "lib/visits.rb"
File.write(path, "VISITS = 0\\n") unless File.exist?(path)
code = File.read(path)
File.write(path, code.sub(/\\d+/) { |number| number.succ })
require "./lib/visits"
puts "visit #{VISITS}"

store = PStore.new("visits.pstore")
store.transaction { (store[:times] ||= []) << Time.now.utc }
store.transaction(true) { puts store[:times].last(3) }

# Temporary files end with the program.
Tempfile.create("draft") do |file|
  file.puts "in #{Dir.tmpdir}"
  file.rewind
  puts file.read
end
puts Dir.glob("**/*")
`,
  "What is in the module": `library = RbConfig::CONFIG["rubylibdir"]
files = Dir.glob("#{library}/**/*.rb")
puts "#{files.size} files, #{files.sum { |path| File.size(path) }} bytes"

largest = files.max_by(8) { |path| File.size(path) }
largest.each { |path| puts format("%8d  %s", File.size(path), path.delete_prefix("#{library}/")) }
`,
  "An exception": `require "json"

def parse(text)
  JSON.parse(text)
end

puts parse('{"a": 1}')
puts parse('{"a": }')
`,
  "Exit code": `warn "no such fruit"
exit 3
`,
  "Without end": `(1..).each do |number|
  puts number if number % 1_000_000 == 0
end
`,
};
