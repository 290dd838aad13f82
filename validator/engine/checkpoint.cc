// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

using nlohmann::json;

std::string PathOf(const std::string& folder) {
  return absl::StrCat(folder, "/checkpoint.json");
}

// Values that a reading resumes from: integers, decimals, text, bytes. Text
// travels as hexadecimal digits, since it need not be UTF-8.
json ToJson(const Value& value) {
  const auto hex = [](const std::string& text) {
    return absl::BytesToHexString(text);
  };
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return {{"int", *number}};
  }
  if (const auto* number = std::get_if<Decimal>(&value)) {
    return {{"decimal", number->digits}};
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return {{"text", hex(*text)}};
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    return {{"bytes", hex(bytes->data)}};
  }
  return nullptr;
}

Value FromJson(const json& from) {
  if (from.contains("int")) return from["int"].get<int64_t>();
  if (from.contains("decimal")) return Decimal{from["decimal"]};
  const auto raw = [&](const char* key) {
    return absl::HexStringToBytes(from[key].get<std::string>());
  };
  if (from.contains("text")) return raw("text");
  return Bytes{raw("bytes")};
}

json SideJson(const CheckpointSide& side) {
  json position = json::array();
  for (const Value& value : side.position) position.push_back(ToJson(value));
  return {{"position", position},
          {"rows", side.rows},
          {"null_keys", side.null_keys},
          {"done", side.done}};
}

CheckpointSide SideFrom(const json& from) {
  CheckpointSide side;
  for (const json& value : from.at("position")) {
    side.position.push_back(FromJson(value));
  }
  side.rows = from.at("rows");
  side.null_keys = from.at("null_keys");
  side.done = from.at("done");
  return side;
}

json RangeJson(const CheckpointRange& range) {
  json out = {{"source", SideJson(range.source)},
              {"target", SideJson(range.target)}};
  if (range.keys.from.has_value()) out["from"] = *range.keys.from;
  if (range.keys.to.has_value()) out["to"] = *range.keys.to;
  return out;
}

CheckpointRange RangeFrom(const json& from) {
  CheckpointRange range;
  range.source = SideFrom(from.at("source"));
  range.target = SideFrom(from.at("target"));
  if (from.contains("from")) range.keys.from = from["from"].get<int64_t>();
  if (from.contains("to")) range.keys.to = from["to"].get<int64_t>();
  return range;
}

json DrainedJson(const ListExtent& drained) {
  return {{"length", drained.bytes.length},
          {"checksum", drained.bytes.checksum},
          {"records", drained.records}};
}

ListExtent DrainedFrom(const json& from) {
  ListExtent drained;
  drained.bytes.length = from.at("length");
  drained.bytes.checksum = from.at("checksum");
  drained.records = from.at("records");
  return drained;
}

absl::Status Failed(const std::string& path) {
  return MakeError(ErrorReason::kSpillFailed,
                   absl::StrCat("cannot write the checkpoint '", path,
                                "': ", std::strerror(errno),
                                "; free space there, or give the server "
                                "another state.directory"));
}

}  // namespace

absl::Status WriteCheckpoint(const std::string& folder,
                             const std::string& binding,
                             const Checkpoint& checkpoint) {
  json ranges = json::array();
  for (const CheckpointRange& range : checkpoint.ranges) {
    for (const CheckpointSide* side : {&range.source, &range.target}) {
      for (const Value& value : side->position) {
        if (ToJson(value).is_null()) {
          return MakeError(ErrorReason::kInternal,
                           "a position of this type cannot be kept");
        }
      }
    }
    ranges.push_back(RangeJson(range));
  }
  const std::string text = json{
      {"binding", absl::BytesToHexString(binding)},
      {"ranges", ranges},
      {"drained", DrainedJson(checkpoint.drained)},
      {"window", checkpoint.window},
      {"generation",
       checkpoint.generation}}.dump();
  const std::string path = PathOf(folder);
  const std::string part = absl::StrCat(path, ".part");
  const int fd =
      open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(part);
  const bool written = write(fd, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       fsync(fd) == 0;
  const absl::Status failure = written ? absl::OkStatus() : Failed(part);
  close(fd);
  ASSAY_RETURN_IF_ERROR(failure);
  if (std::rename(part.c_str(), path.c_str()) != 0) return Failed(path);
  // The window files of older checkpoints.
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.rfind("window.", 0) == 0 &&
        entry.path() != std::filesystem::path(checkpoint.window)) {
      std::filesystem::remove(entry.path(), error);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& folder,
                                          const std::string& binding) {
  std::ifstream file(PathOf(folder), std::ios::binary);
  if (!file) return absl::NotFoundError("no checkpoint");
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  const json from = json::parse(text, nullptr, /*allow_exceptions=*/false);
  // The only exceptions that can come are of a file that is not ours.
  try {
    if (from.at("binding") != absl::BytesToHexString(binding)) {
      return MakeError(ErrorReason::kInternal,
                       "the checkpoint belongs to another plan, catalog or "
                       "version");
    }
    Checkpoint checkpoint;
    for (const json& range : from.at("ranges")) {
      checkpoint.ranges.push_back(RangeFrom(range));
    }
    checkpoint.drained = DrainedFrom(from.at("drained"));
    checkpoint.window = from.at("window");
    checkpoint.generation = from.at("generation");
    return checkpoint;
  } catch (const json::exception&) {
    return MakeError(ErrorReason::kInternal, "the checkpoint is damaged");
  }
}

void RemoveCheckpoint(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::remove(PathOf(folder), error);
}

int64_t CheckpointedRows(const std::string& folder) {
  namespace fs = std::filesystem;
  int64_t rows = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    const std::string path = it->path().string();
    if (path != PathOf(it->path().parent_path().string())) continue;
    std::ifstream file(path, std::ios::binary);
    const json from = json::parse(file, nullptr, /*allow_exceptions=*/false);
    // A file that is not ours counts for nothing.
    try {
      for (const json& range : from.at("ranges")) {
        const CheckpointRange read = RangeFrom(range);
        rows += read.source.rows + read.target.rows;
      }
    } catch (const json::exception&) {
      continue;
    }
  }
  return rows;
}

}  // namespace assay::engine
