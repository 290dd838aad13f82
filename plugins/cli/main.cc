// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <string>
#include <vector>

#include "plugins/cli/command_line.h"

int main(int argc, char** argv) {
  // A reader that has gone (`| head`) is no reason to die in the middle of a
  // run; WriteAll sees it.
  (void)std::signal(SIGPIPE, SIG_IGN);
  return assay::cli::Main(std::vector<std::string>(argv + 1, argv + argc));
}
