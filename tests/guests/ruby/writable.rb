# Changes files in a writable tree, as programs do, and prints the results.
#
# The tree is mounted at /app, with an empty /tmp beside it. The output is the same in each
# run: it has no times and no random names.

require "fileutils"
require "find"
require "json"
require "pstore"
require "set"
require "tempfile"
require "tmpdir"
require "yaml/store"

# This Ruby was built without locks, which PStore takes.
class File
  def flock(*) = 0
end

def listing(directory)
  Find.find(directory).sort.each do |path|
    puts "  #{path} #{File.file?(path) ? File.size(path) : "/"}"
  end
end

def temporary_files
  puts Dir.tmpdir
  Tempfile.create("name") do |file|
    file.write("some text")
    file.flush
    puts File.dirname(file.path), File.size(file.path)
  end
  file = Tempfile.new("other")
  file.puts("text")
  file.close
  puts File.read(file.path)
  file.unlink
  Dir.mktmpdir { |directory| FileUtils.mkdir_p("#{directory}/deep/er") }
  p Dir.children("/tmp")
end

def required_files
  File.write("/app/lib/written.rb", "module Written\n  def self.twice(x) = 2 * x\nend\n")
  $LOAD_PATH.unshift("/app/lib")
  p require("written"), Written.twice(21), require("written")
  source = File.read("/app/lib/greeting.rb")
  File.write("/app/lib/greeting.rb", source.sub("hello", "HELLO"))
  p require("/app/lib/greeting"), Greeting::WORD
  File.delete("/app/lib/greeting.rb")
  p File.exist?("/app/lib/greeting.rb")
end

def trees
  FileUtils.cp_r("/app/lib", "/app/copy")
  FileUtils.mv("/app/copy", "/app/moved")
  FileUtils.touch("/app/moved/empty", mtime: Time.at(1_000_000_000))
  p File.mtime("/app/moved/empty").to_i
  FileUtils.ln_s("moved/written.rb", "/app/short.rb")
  FileUtils.ln("/app/moved/written.rb", "/app/twin.rb")
  p File.readlink("/app/short.rb"), File.identical?("/app/twin.rb", "/app/short.rb"), File.stat("/app/twin.rb").nlink
  FileUtils.cp("/app/moved/written.rb", "/app/moved/data/notes.txt")
  p FileUtils.compare_file("/app/moved/data/notes.txt", "/app/twin.rb")
  listing("/app")
  FileUtils.rm_rf("/app/moved")
  FileUtils.rm_rf("/app/lib/data")
  p Dir.children("/app/lib").sort, File.symlink?("/app/short.rb"), File.exist?("/app/short.rb")
end

def stores
  store = PStore.new("/app/store")
  store.transaction { store[:a] = [1, 2] }
  begin
    store.transaction { store[:a] = nil; store.abort }
  end
  p store.transaction(true) { store[:a] }
  yaml = YAML::Store.new("/app/store.yml")
  yaml.transaction { yaml["key"] = { "deep" => [1, nil, "x"] } }
  puts File.read("/app/store.yml")
end

def in_place
  File.open("/app/log", "a") { |file| 1000.times { |number| file.puts("line #{number}") } }
  File.open("/app/log", "r+") do |file|
    file.seek(5)
    file.write("X")
    file.rewind
    puts file.gets
    file.truncate(20)
    file.seek(30)
    file.write("end")
  end
  p File.binread("/app/log")
  File.open("/app/log") do |file|
    File.delete("/app/log")
    p file.size, File.exist?("/app/log")
  end
  File.write("/app/data.json", JSON.generate({ a: 1 }))
  File.rename("/app/data.json", "/app/renamed.json")
  p JSON.parse(File.read("/app/renamed.json"))
end

def many_names
  Dir.mkdir("/app/many")
  3000.times { |number| File.write("/app/many/#{number}", number.to_s) }
  Dir.children("/app/many").each { |name| File.delete("/app/many/#{name}") if name.to_i.odd? }
  p Dir.children("/app/many").size
  FileUtils.rm_r("/app/many")
  p Dir.exist?("/app/many")
end

def refused
  [-> { Dir.rmdir("/app/lib") }, -> { Dir.mkdir("/app/lib") }, -> { File.delete("/app/lib") },
   -> { File.rename("/app/lib", "/app/lib/below") }, -> { File.open("/app/missing/x", "w") }].each do |change|
    change.call
  rescue SystemCallError => error
    puts error.class
  end
end

%i[temporary_files required_files trees stores in_place many_names refused].each do |part|
  puts part
  send(part)
end
