# Reads the packed tree the ways that programs do.
require "pathname"

library = RbConfig::CONFIG["rubylibdir"] rescue library = "/usr/local/lib/ruby/3.4.0"
sources = Dir.glob("#{library}/**/*.rb")
puts sources.size, sources.uniq.size
puts Dir.children("#{library}/json").sort.inspect
puts Dir.exist?("#{library}/json"), File.exist?("#{library}/no-such-file")

path = "#{library}/set.rb"
stat = File.stat(path)
puts stat.file?, stat.size == File.binread(path).size, stat.mtime.utc
puts sources.sum { |source| File.size(source) } == sources.sum { |source| File.binread(source).size }

File.open(path) do |file|
  first = file.gets
  file.seek(-20, IO::SEEK_END)
  tail = file.read
  file.rewind
  puts file.gets == first, File.read(path).end_with?(tail)
  puts file.pread(10, 3) == File.read(path)[3, 10]
end

require "erb"
puts Pathname($LOADED_FEATURES.find { |feature| feature.end_with?("erb/util.rb") }).dirname
begin
  File.open("#{library}/new", "w") { }
rescue SystemCallError => error
  puts error.class
end
begin
  File.read("#{library}/no-such-file")
rescue SystemCallError => error
  puts error.class
end

# A program of several files, beside the library.
require "/app/main"
