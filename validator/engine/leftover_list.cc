// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/leftover_list.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/payload.h"

namespace assay::engine {
namespace {

// Held in memory, and the size of a frame of the file.
constexpr size_t kMemoryBytes = 1 << 20;

template <typename T>
void Put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void PutText(std::string& out, std::string_view text) {
  Put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}
struct RowHead {
  diff::Digest row;
  int64_t count = 0;
  uint64_t payload_bytes = 0;
};
// Of both kinds: diff::Leftover and LeftoverRow.
template <typename Rows>
void PutRows(std::string& out, const Rows& rows) {
  Put(out, static_cast<uint32_t>(rows.size()));
  for (const auto& row : rows) {
    Put(out, RowHead{.row = row.row,
                     .count = row.count,
                     .payload_bytes = row.payload.size()});
    out.append(row.payload);
  }
}

// Our own bytes, from memory or from a frame that was verified: read without
// suspicion.
struct Parser {
  std::string_view in;
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, in.data(), sizeof value);
    in.remove_prefix(sizeof value);
    return value;
  }
  std::string TakeText(size_t size) {
    std::string out(in.substr(0, size));
    in.remove_prefix(size);
    return out;
  }
  std::vector<LeftoverRow> TakeRows() {
    std::vector<LeftoverRow> rows(Take<uint32_t>());
    for (LeftoverRow& row : rows) {
      const auto head = Take<RowHead>();
      row.row = head.row;
      row.count = head.count;
      row.payload = TakeText(head.payload_bytes);
    }
    return rows;
  }
};

}  // namespace

LeftoverList::LeftoverList(std::string folder, const std::string& name)
    : folder_(std::move(folder)), keep_(!name.empty()) {
  if (keep_) path_ = absl::StrCat(folder_, "/", name);
}

LeftoverList::~LeftoverList() {
  if (file_.valid() && !keep_) (void)::unlink(path_.c_str());
}

absl::Status LeftoverList::Open(int flags) {
  if (keep_) {
    file_ = diff::OpenFile(path_, O_WRONLY | O_CREAT | flags);
  } else {
    path_ = absl::StrCat(folder_, "/leftovers.XXXXXX");
    file_ = diff::Descriptor(mkostemp(path_.data(), O_CLOEXEC));
  }
  if (!file_.valid()) return diff::DiskError("open", path_, errno);
  return absl::OkStatus();
}

absl::Status LeftoverList::Flush() {
  if (!file_.valid()) ASSAY_RETURN_IF_ERROR(Open(O_TRUNC));
  ASSAY_RETURN_IF_ERROR(
      diff::WriteFrame(file_.get(), path_, buffer_, written_.bytes));
  written_.records = size_;
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status LeftoverList::Add(const LeftoverRecord& record) {
  PutText(buffer_, record.key);
  PutRows(buffer_, record.source);
  PutRows(buffer_, record.target);
  return Added();
}

absl::Status LeftoverList::Add(const diff::LeftoverKey& leftover) {
  PutText(buffer_, "");  // The rows have it.
  PutRows(buffer_, leftover.source);
  PutRows(buffer_, leftover.target);
  return Added();
}

absl::Status LeftoverList::Added() {
  ++size_;
  if (buffer_.size() < kMemoryBytes || folder_.empty()) {
    return absl::OkStatus();
  }
  return Flush();
}

absl::Status LeftoverList::Sync(ListExtent& extent) {
  if (!buffer_.empty()) ASSAY_RETURN_IF_ERROR(Flush());
  if (file_.valid()) ASSAY_RETURN_IF_ERROR(diff::SyncPath(path_));
  extent = written_;
  return absl::OkStatus();
}

absl::Status LeftoverList::Restore(const ListExtent& extent) {
  file_.Close();
  buffer_.clear();
  written_ = extent;
  size_ = extent.records;
  if (extent.records == 0) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(Open(/*flags=*/0));
  const auto length = static_cast<off_t>(extent.bytes.length);
  if (::lseek(file_.get(), 0, SEEK_END) < length ||
      ::ftruncate(file_.get(), length) != 0 ||
      ::lseek(file_.get(), length, SEEK_SET) != length) {
    return diff::DiskError("restore", path_, errno);
  }
  return absl::OkStatus();
}

absl::Status LeftoverList::ForEach(
    size_t chunk,
    const std::function<absl::Status(std::vector<LeftoverRecord>&)>& visit) {
  std::vector<LeftoverRecord> records;
  int64_t handed_over = 0;
  const auto take = [&](std::string_view bytes) -> absl::Status {
    for (Parser parser{bytes}; !parser.in.empty();) {
      LeftoverRecord& record = records.emplace_back();
      record.key = parser.TakeText(parser.Take<uint32_t>());
      record.source = parser.TakeRows();
      record.target = parser.TakeRows();
      if (record.key.empty()) record.key = KeyOf(record);
      ++handed_over;
      if (records.size() < chunk) continue;
      ASSAY_RETURN_IF_ERROR(visit(records));
      records.clear();
    }
    return absl::OkStatus();
  };
  if (written_.records > 0) {
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<diff::FrameReader> reader,
                           diff::FrameReader::Open(path_, written_.bytes));
    while (!reader->at_end()) {
      ASSAY_ASSIGN_OR_RETURN(const std::string_view bytes, reader->Next());
      ASSAY_RETURN_IF_ERROR(take(bytes));
    }
    ASSAY_RETURN_IF_ERROR(reader->Next().status());  // Verifies the end.
  }
  ASSAY_RETURN_IF_ERROR(take(buffer_));
  // Differences must not be forgotten.
  if (handed_over != size_) {
    return MakeError(
        ErrorReason::kSpillFailed,
        absl::StrCat("the list of differences in '", folder_,
                     "' could be read back only in part (", handed_over, " of ",
                     size_, "); look at that disk"));
  }
  if (records.empty()) return absl::OkStatus();
  return visit(records);
}

}  // namespace assay::engine
