// SPDX-License-Identifier: Apache-2.0
// The commands of `assay`: each takes what the command line said and returns
// the process's exit code (validator/report/outcome.h). They print by
// themselves; none throws.
#ifndef ASSAY_PLUGINS_CLI_COMMANDS_H_
#define ASSAY_PLUGINS_CLI_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace assay::cli {

// Which server to talk to, and how to print; the same for all commands.
struct GlobalOptions {
  std::string server;
  std::string token_file;
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  bool insecure = false;       // A token may travel without encryption.
  std::string color = "auto";  // "auto", "always", "never"
  bool embedded = false;       // Start an assayd of our own.
  std::vector<std::string> connections;  // NAME=ODBC-STRING, for `embedded`.
  std::string config;                    // assayd's, for `embedded`.
};

struct RunOptions {
  std::string file;
  std::string recheck;  // Of `assay recheck`: the run; there is no file then.
  std::vector<std::string> params;  // k=v
  std::string params_file;
  std::string fail_on = "fail";
  std::vector<std::string> formats;
  std::vector<std::string> outputs;  // The i-th format's file.
  std::string out_dir;
  bool verdict_as_data = false;
  bool detach = false;
  std::string request_id;
  std::string correlation_id;
  std::string attach = "orphaned";
  std::vector<std::string> labels;  // k=v
  std::string timeout;
  std::string lease;
  std::string on_hold = "fail";  // Or "wait", as long as hold_timeout.
  std::string hold_timeout;
  std::string wait_server = "30s";
  bool quiet = false;
  bool verbose = false;
  bool no_lint = false;
};

struct LintOptions {
  std::vector<std::string> files;
  std::string format = "text";
  bool strict = false;
};

struct ExplainOptions {
  std::string file;
  std::vector<std::string> params;
  std::string params_file;
};

struct KindsOptions {
  std::string kind;
  bool markdown = false;
  bool schema = false;
};

struct RunsOptions {
  bool active = false;
  std::string verdict;
  std::string rule_set;
  std::string migration;
  std::vector<std::string> labels;
  int limit = 20;
  bool wide = false;  // With the labels.
  std::string format = "text";
};

struct ShowOptions {
  std::string run;
  bool all = false;
  bool rule_set = false;
  std::string format = "text";
  std::string output;
  std::string out_dir;
};

struct DifferencesOptions {
  std::string run;
  std::string rule;
  std::string output = "-";
};

struct WatchOptions {
  std::string run;
  std::string fail_on = "fail";
  std::string wait_server = "30s";
  std::vector<std::string> formats;
  std::vector<std::string> outputs;  // The i-th format's file.
  bool quiet = false;
};

struct CancelOptions {
  std::string run;
  std::string request_id;
};

struct ReleaseOptions {
  std::string run;
  std::string reason;
  std::string user;  // Empty: the user of this process.
  std::string request_id;
  std::vector<std::string> rules;
  std::string wait_server = "30s";
};

struct InitOptions {
  std::string source;
  std::string target;
  std::string source_schema;
  std::string target_schema;
  std::vector<std::string> tables;
  std::string output = "-";
  bool force = false;  // Replace a file that exists.
};

struct ConnectionsOptions {
  std::vector<std::string> words;  // "test NAME"
  std::string test;
  bool test_all = false;
  std::string format = "text";
};

// `assay run` and `assay recheck`.
int RunCommand(const GlobalOptions& global, const RunOptions& options);
int LintCommand(const GlobalOptions& global, const LintOptions& options);
int ExplainCommand(const GlobalOptions& global, const ExplainOptions& options);
int KindsCommand(const KindsOptions& options);
int RunsCommand(const GlobalOptions& global, const RunsOptions& options);
int ShowCommand(const GlobalOptions& global, const ShowOptions& options);
int DifferencesCommand(const GlobalOptions& global,
                       const DifferencesOptions& options);
int WatchCommand(const GlobalOptions& global, const WatchOptions& options);
int CancelCommand(const GlobalOptions& global, const CancelOptions& options);
int ReleaseCommand(const GlobalOptions& global, const ReleaseOptions& options);
int InitCommand(const GlobalOptions& global, const InitOptions& options);
int ConnectionsCommand(const GlobalOptions& global,
                       const ConnectionsOptions& options);
int CompletionCommand(const std::string& shell);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_COMMANDS_H_
