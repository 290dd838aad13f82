// SPDX-License-Identifier: Apache-2.0
// Runs the real `assay` binary.
#ifndef ASSAY_TESTS_CLI_SUPPORT_PROCESS_H_
#define ASSAY_TESTS_CLI_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace assay::cli {

struct Finished {
  int code = -1;  // Exit code; 128 + n where signal n ended it.
  std::string out;
  std::string err;
};

// A process whose output goes to files of a folder of its own.
class Process {
 public:
  // `environment` are "NAME=value" beside the caller's.
  explicit Process(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {},
                   const std::string& program = ASSAY_BIN_DIR "/assay");
  ~Process();

  void Signal(int number) const;
  Finished Wait();

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

Finished RunAssay(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment = {});

// A folder that is removed with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  const std::string& path() const { return path_; }
  std::string File(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

}  // namespace assay::cli

#endif  // ASSAY_TESTS_CLI_SUPPORT_PROCESS_H_
