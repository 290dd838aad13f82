// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace assay::cli {
namespace {

std::string MakeFolder() {
  std::string path =
      (std::filesystem::temp_directory_path() / "assay_test_XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment,
                 const std::string& program)
    : folder_(MakeFolder()) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = environment;
  for (char** e = environ; *e != nullptr; ++e) variables.emplace_back(*e);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, (folder_ + "/out").c_str(),
                                   O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, (folder_ + "/err").c_str(),
                                   O_WRONLY | O_CREAT, 0600);
  if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(),
                  envp.data()) != 0) {
    pid_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::filesystem::remove_all(folder_);
}

void Process::Signal(int number) const { kill(pid_, number); }

Finished Process::Wait() {
  Finished out;
  if (pid_ <= 0) return out;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  out.out = ReadFile(folder_ + "/out");
  out.err = ReadFile(folder_ + "/err");
  return out;
}

Finished RunAssay(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment) {
  return Process(arguments, environment).Wait();
}

TempFolder::TempFolder() : path_(MakeFolder()) {}

TempFolder::~TempFolder() { std::filesystem::remove_all(path_); }

std::string TempFolder::File(const std::string& name,
                             const std::string& content) const {
  std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace assay::cli
