// SPDX-License-Identifier: Apache-2.0
// The databases that integration tests run on: SQLite always, in a file of its
// own; PostgreSQL and MariaDB as tests/support/with_databases.sh starts them.
#ifndef ASSAY_TESTS_SUPPORT_DATABASES_H_
#define ASSAY_TESTS_SUPPORT_DATABASES_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace assay::testing {

// A directory that goes away with it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "assay-test.XXXXXX").string();
    const char* made = mkdtemp(pattern.data());
    if (made == nullptr) std::abort();
    path_ = made;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  std::string File(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

// The value of an environment variable that with_databases.sh sets; a test
// failure, and "", where it is missing.
inline std::string FromDatabases(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    ADD_FAILURE() << variable
                  << " is not set: run this test through "
                     "tests/support/with_databases.sh";
    return "";
  }
  return value;
}

}  // namespace assay::testing

#endif  // ASSAY_TESTS_SUPPORT_DATABASES_H_
