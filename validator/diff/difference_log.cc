// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/difference_log.h"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/diff/disk.h"

namespace assay::diff {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBufferBytes = 1 << 20;

bool IsPlain(std::string_view text) {
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') return false;
  }
  return true;
}

void AppendString(std::string_view text, std::string& out) {
  if (IsPlain(text)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  // What is not UTF-8 shows as U+FFFD: JSON has no other place for it.
  out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::Status Damaged() {
  return MakeError(ErrorReason::kInternal,
                   "a line of the list of differences is damaged");
}

bool TakeString(const Json& json, const char* name, std::string& out) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return false;
  out = found->get_ref<const std::string&>();
  return true;
}

}  // namespace

void AppendDifferenceLine(const Difference& difference, std::string& out) {
  out += "{\"kind\":";
  AppendString(difference.kind, out);
  out += ",\"table\":";
  AppendString(difference.table, out);
  out += ",\"key\":{";
  for (size_t i = 0; i < difference.key_columns.size(); ++i) {
    if (i > 0) out += ',';
    AppendString(difference.key_columns[i], out);
    out += ':';
    if (i >= difference.key.size() || IsNull(difference.key[i])) {
      out += "null";
    } else if (const auto* text =
                   std::get_if<std::string>(&difference.key[i])) {
      AppendString(*text, out);
    } else {
      AppendString(ToText(difference.key[i]), out);
    }
  }
  out += '}';
  if (!difference.columns.empty()) {
    out += ",\"columns\":[";
    for (size_t i = 0; i < difference.columns.size(); ++i) {
      if (i > 0) out += ',';
      AppendString(difference.columns[i], out);
    }
    out += ']';
  }
  if (!difference.exact) out += ",\"exact\":false";
  out += '}';
}

std::string DifferenceLine(const Difference& difference) {
  std::string line;
  AppendDifferenceLine(difference, line);
  return line;
}

absl::StatusOr<Difference> ParseDifferenceLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  Difference difference;
  if (!json.is_object() || !TakeString(json, "kind", difference.kind) ||
      !TakeString(json, "table", difference.table)) {
    return Damaged();
  }
  const auto key = json.find("key");
  if (key == json.end() || !key->is_object()) return Damaged();
  for (const auto& [name, value] : key->items()) {
    if (!value.is_null() && !value.is_string()) return Damaged();
    difference.key_columns.push_back(name);
    difference.key.push_back(value.is_null()
                                 ? Value(Null{})
                                 : Value(value.get_ref<const std::string&>()));
  }
  const auto exact = json.find("exact");
  difference.exact = exact == json.end() || *exact != false;
  const auto columns = json.find("columns");
  if (columns == json.end()) return difference;
  if (!columns->is_array()) return Damaged();
  for (const Json& column : *columns) {
    if (!column.is_string()) return Damaged();
    difference.columns.push_back(column.get<std::string>());
  }
  return difference;
}

absl::StatusOr<std::unique_ptr<DifferenceWriter>> DifferenceWriter::Create(
    const std::string& path) {
  std::unique_ptr<DifferenceWriter> writer(new DifferenceWriter());
  writer->path_ = path;
  const std::string part = absl::StrCat(path, ".part");
  writer->file_ = std::fopen(part.c_str(), "we");
  if (writer->file_ == nullptr) return DiskError("open", part, errno);
  (void)std::setvbuf(writer->file_, nullptr, _IOFBF, kBufferBytes);
  return writer;
}

DifferenceWriter::~DifferenceWriter() {
  if (file_ == nullptr) return;
  (void)std::fclose(file_);
  ::unlink(absl::StrCat(path_, ".part").c_str());
}

absl::Status DifferenceWriter::Write(const Difference& difference) {
  line_.clear();
  AppendDifferenceLine(difference, line_);
  line_ += '\n';
  if (std::fwrite(line_.data(), 1, line_.size(), file_) != line_.size()) {
    return DiskError("write", absl::StrCat(path_, ".part"), errno);
  }
  ++written_;
  return absl::OkStatus();
}

absl::Status DifferenceWriter::Close() {
  const std::string part = absl::StrCat(path_, ".part");
  std::FILE* file = std::exchange(file_, nullptr);
  if (file == nullptr) return absl::OkStatus();
  // Both report what was only buffered.
  const bool failed = std::ferror(file) != 0 || std::fflush(file) != 0;
  const int error = errno;
  if (std::fclose(file) != 0 || failed) {
    absl::Status status = DiskError("write", part, failed ? error : errno);
    ::unlink(part.c_str());
    return status;
  }
  absl::Status status = RenameDurably(part, path_);
  if (!status.ok()) ::unlink(part.c_str());
  return status;
}

absl::Status ReadDifferences(
    const std::string& path,
    const std::function<absl::Status(const Difference&)>& visit) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    if (errno != ENOENT) return DiskError("open", path, errno);
    return MakeError(ErrorReason::kDifferencesNotFound,
                     "there is no list of differences (it was not asked for, "
                     "or is past its retention)");
  }
  (void)std::setvbuf(file, nullptr, _IOFBF, kBufferBytes);
  char* line = nullptr;
  size_t capacity = 0;
  ssize_t length = 0;
  int64_t number = 0;
  absl::Status status;
  while (status.ok() && (length = ::getline(&line, &capacity, file)) > 0) {
    ++number;
    // Every line ends: one that does not was cut.
    absl::StatusOr<Difference> difference =
        line[length - 1] == '\n' ? ParseDifferenceLine(std::string_view(
                                       line, static_cast<size_t>(length) - 1))
                                 : Damaged();
    status = difference.ok() ? visit(*difference)
                             : Annotate(difference.status(),
                                        absl::StrCat(path, ":", number));
  }
  if (status.ok() && std::ferror(file) != 0) {
    status = DiskError("read", path, errno);
  }
  std::free(line);
  (void)std::fclose(file);
  return status;
}

}  // namespace assay::diff
