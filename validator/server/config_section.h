// SPDX-License-Identifier: Apache-2.0
// Reads one section of the configuration file: keys and what to do with their
// values; every mistake becomes an issue with its place.
//
// Confined to one thread. Throws YAML::Exception as yaml-cpp does: called under
// ParseServerConfig's try.
#ifndef ASSAY_VALIDATOR_SERVER_CONFIG_SECTION_H_
#define ASSAY_VALIDATOR_SERVER_CONFIG_SECTION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "validator/base/issue.h"
#include "yaml-cpp/yaml.h"

namespace assay::server {

// The place of `length` bytes from `mark` on; none where the mark has none.
SourceRange RangeOf(const YAML::Mark& mark, size_t length);

class Section {
 public:
  using Read = std::function<void(const YAML::Node&)>;

  // `name` as messages say it: "server". `issues` is borrowed.
  Section(std::string name, std::vector<Issue>& issues);

  // What to do with the value of `key`. Each returns *this.
  Section& On(const std::string& key, Read read);
  Section& Integer(const std::string& key, int64_t least, int64_t most,
                   std::function<void(int64_t)> set);
  // A positive duration.
  Section& Duration(const std::string& key,
                    std::function<void(absl::Duration)> set);
  // true or false.
  Section& Boolean(const std::string& key, std::function<void(bool)> set);
  // A text that is not empty.
  Section& String(const std::string& key,
                  std::function<void(const std::string&)> set);
  // A text or a list of texts, none of them empty; `form` says what each must
  // be, for the message.
  Section& Strings(const std::string& key, const std::string& form,
                   std::function<void(const std::string&)> add);

  // Reads all keys of `node`; unknown and repeated ones are mistakes.
  void ReadAll(const YAML::Node& node);

  // A scalar's text; anything else reads as "", which no value may be.
  static std::string Text(const YAML::Node& node);

  void Mistake(const YAML::Node& node, const std::string& code,
               const std::string& message, const std::string& hint = "");

 private:
  void Unknown(const YAML::Node& key, const std::string& word);

  const std::string name_;
  std::vector<Issue>& issues_;
  std::map<std::string, Read> reads_;
};

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_CONFIG_SECTION_H_
