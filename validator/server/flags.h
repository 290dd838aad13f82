// SPDX-License-Identifier: Apache-2.0
// The command line of assayd.
#ifndef ASSAY_VALIDATOR_SERVER_FLAGS_H_
#define ASSAY_VALIDATOR_SERVER_FLAGS_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assay::server {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCannotStart = 1;
inline constexpr int kExitUsage = 2;

inline constexpr char kDefaultConfigPath[] = "/etc/assay/assayd.yaml";

struct Flags {
  std::optional<std::string> config;
  std::vector<std::string> listen;
  std::vector<std::string> connections;  // NAME=ODBC-STRING
  std::optional<std::string> store;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;
  std::optional<int> ready_fd;
  bool insecure = false;
  bool check_config = false;
  bool exit_with_parent = false;
};

struct ExitNow {
  int code;
};

// Parses the command line. Prints the help, the version or what is wrong, and
// says to exit, where there is nothing to serve.
std::variant<Flags, ExitNow> ParseFlags(int argc, const char* const* argv,
                                        const std::string& version);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_FLAGS_H_
