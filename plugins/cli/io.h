// SPDX-License-Identifier: Apache-2.0
// Files, streams and the terminal, as the commands need them.
//
// Stateless; thread-safe. Errors are absl::Status with a message that names the
// path and the cause.
#ifndef ASSAY_PLUGINS_CLI_IO_H_
#define ASSAY_PLUGINS_CLI_IO_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay::cli {

// Reads the file at `path`, or standard input where it is "-". More than
// `limit` bytes, a directory, a missing file are errors that say what to do.
absl::StatusOr<std::string> ReadInput(const std::string& path, size_t limit);

// Replaces the file at `path` as a whole: a reader sees the old or the new
// content. "/dev/…" and other special files are written in place.
absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content);

// Writes all of `text` to the descriptor. A closed pipe is no error: the reader
// (`| head`) has what it wanted.
absl::Status WriteAll(int fd, std::string_view text);

// Prints to standard output or standard error.
absl::Status Print(std::string_view text);
void PrintError(std::string_view text);

// Prints "assay: `message`" and a newline to standard error, what a terminal
// would obey escaped, line ends kept.
void Complain(std::string_view message);

bool IsTerminal(int fd);

// Whether a line there can be written anew: not on a dumb terminal.
bool CanRedraw(int fd);

// Columns of the terminal at `fd`; 80 where it does not say.
size_t TerminalWidth(int fd);

// Whether to print colours to `fd`: `mode` is "always", "never" or "auto" (a
// terminal that is not dumb, and NO_COLOR is unset).
bool WantColor(std::string_view mode, int fd);

// The value of an environment variable, or "".
std::string Environment(const char* name);

// The files and folders beside `path` whose names are near to its own.
std::vector<std::string> SimilarFiles(const std::string& path);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_IO_H_
