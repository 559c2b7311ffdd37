# Runs tests of Ruby that read files, walk trees and load what lies in them.
#
# They lie in /tests, with what they need to read; what they write goes to /tmp.
# After the line "results:" each test has a line: its name, how it ended, and the
# class of the exception if that is no failed assertion. That is all that two runs are
# compared by: messages have addresses and times in them. `FILES` before this program
# replaces its list.

DEFAULT_FILES = %w[
  csv/interface/test_read csv/interface/test_read_write csv/test_data_converters
  csv/test_encodings csv/test_features csv/test_row csv/test_table
  erb/test_erb fileutils/test_dryrun json/json_fixtures_test
  pathname/test_pathname psych/test_coder psych/test_document psych/test_emitter
  psych/test_encoding psych/test_parser psych/test_psych psych/test_yaml
  ripper/test_lexer ripper/test_parser_events ripper/test_ripper
  ripper/test_scanner_events ruby/test_autoload ruby/test_dir ruby/test_dir_m17n
  ruby/test_encoding ruby/test_eval ruby/test_file ruby/test_fnmatch
  ruby/test_io_m17n ruby/test_path ruby/test_require
  stringio/test_stringio test_find test_rbconfig test_tempfile test_time test_tmpdir
  test_unicode_normalize
]

# Tests that compare the time of a file with the clock, and tests that stop the process.
LEFT_OUT = /TestFile#test_.*time|TestFile#test_stat\z|ractor/

# Extensions that this Ruby lacks. Tests that need them fail, and the rest of their file
# runs.
ABSENT = %w[-test-/file.so io/nonblock.so socket.so]

# Accepts the arguments of the runner of Ruby's own tests.
class Results
  def initialize(lines)
    @lines = lines
  end

  def options = {}
  def info_signal = nil
  def puke(*) = nil

  def record(suite, method, _assertions, _time, error)
    outcome = case error
              when nil then "passed"
              when Test::Unit::PendedError then "skipped"
              when Test::Unit::AssertionFailedError then "failed"
              else "error"
              end
    kind = " (#{error.class})" if outcome == "error"
    @lines.puts("#{outcome}: #{suite}##{method}#{kind}")
    @lines.flush
  end
end

def suites_of(file)
  before = Test::Unit::TestCase.test_suites
  load("/tests/test/#{file}.rb")
  Test::Unit::TestCase.test_suites - before
end

def run_suite(suite, results)
  suite.test_methods.sort.each do |method|
    next if LEFT_OUT.match?("#{suite}##{method}")
    suite.new(method).run(results)
  end
end

$LOAD_PATH.unshift("/tests/tool/lib", "/tests/test/lib", "/tests/test/ruby")
$LOADED_FEATURES.concat(ABSENT)
$0 = "/tests/standard_tests.rb"
$VERBOSE = nil
Dir.chdir("/tmp")
require "test/unit"
File.open("/tmp/results", "w") do |lines|
  results = Results.new(lines)
  files = defined?(FILES) ? FILES : DEFAULT_FILES
  files.each { |file| suites_of(file).each { |suite| run_suite(suite, results) } }
end
puts "results:", File.read("/tmp/results")
