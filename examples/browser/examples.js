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
