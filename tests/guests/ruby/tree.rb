# Walks /data and prints what guests/c/tree.c prints, so that the two can be
# compared, with parts of the library.
require "digest"
require "find"
require "json"

def fnv(bytes) = bytes.each_byte.reduce(0xcbf29ce484222325) { |hash, byte| ((hash ^ byte) * 0x100000001b3) & (2**64 - 1) }

def describe(path)
  stat = File.lstat(path)
  time = format("%d.%09d", stat.mtime.to_i, stat.mtime.nsec)
  return "#{path} directory #{time}" if stat.directory?
  return "#{path} link #{time} #{File.readlink(path)}" if stat.symlink?
  "#{path} file #{time} #{stat.size} #{fnv(File.binread(path)).to_s(16)}"
end

puts Find.find("/data").map { |path| describe(path) }.sort
