// SPDX-License-Identifier: Apache-2.0
#include "validator/http/json_check.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::http {
namespace {

constexpr size_t kMaxDepth = 16;
// More than any request may have; what is read has some multiple of the text's
// size in memory.
constexpr int kMaxValues = 10000;
constexpr size_t kMaxShown = 60;

// "runId" and "run_id" name one field of a message.
std::string FieldName(const std::string& key) {
  std::string out;
  for (const char c : key) {
    if (c != '_') {
      out.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

// nlohmann's SAX interface; its names are not ours.
class Checker : public nlohmann::json_sax<nlohmann::json> {
 public:
  const std::string& mistake() const { return mistake_; }

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(int64_t) override { return Value(); }
  bool number_unsigned(uint64_t) override { return Value(); }
  bool number_float(double, const std::string&) override { return Value(); }
  bool string(std::string&) override { return Value(); }
  bool binary(binary_t&) override { return Value(); }

  bool start_object(size_t) override {
    keys_.emplace_back();
    return Count() && Deeper();
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(size_t) override { return Value() && Deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    const bool field = keys_.size() == 1;
    if (keys_.back().insert(field ? FieldName(name) : name).second) return true;
    return Fail(absl::StrCat("\"", service::ValidUtf8Prefix(name, kMaxShown),
                             "\" is given twice"));
  }
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::json::exception& e) override {
    std::string why = e.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    if (const size_t start = why.find("] "); start != std::string::npos) {
      why.erase(0, start + 2);
    }
    (void)position;
    (void)token;
    return Fail(service::ValidUtf8Prefix(why, 300));
  }

 private:
  bool Value() {
    if (depth_ == 0) return Fail("the outermost value must be an object");
    return Count();
  }
  bool Count() {
    return ++values_ <= kMaxValues ||
           Fail(absl::StrCat("it has more than ", kMaxValues, " values"));
  }
  bool Deeper() {
    return ++depth_ <= kMaxDepth ||
           Fail(absl::StrCat("it nests deeper than ", kMaxDepth, " levels"));
  }
  bool Fail(const std::string& mistake) {
    mistake_ = mistake;
    return false;
  }

  size_t depth_ = 0;
  int values_ = 0;
  std::vector<std::set<std::string>> keys_;  // Of the open objects.
  std::string mistake_;
};

}  // namespace

absl::Status CheckJson(const std::string& text) {
  Checker checker;
  if (nlohmann::json::sax_parse(text, &checker)) return absl::OkStatus();
  return MakeError(ErrorReason::kHttpRequestInvalid,
                   absl::StrCat("the body is no JSON that can be read: ",
                                checker.mistake()));
}

}  // namespace assay::http
