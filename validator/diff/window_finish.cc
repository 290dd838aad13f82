// SPDX-License-Identifier: Apache-2.0
// The end of a window: what is left, key by key, from memory or partition by
// partition from disk.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/window_impl.h"

namespace assay::diff {
namespace {

constexpr int64_t kKeysBetweenQuestions = 1024;

absl::Status CheckCancelled(const std::function<bool()>& cancelled) {
  if (cancelled != nullptr && cancelled()) {
    return MakeError(ErrorReason::kCancelled, "the comparison was cancelled");
  }
  return absl::OkStatus();
}

// Calls `take(entry, payload)` for each entry of a file until it returns false
// or an error.
template <typename Take>
absl::Status ReadEntries(const std::string& path, const SpillExtent& extent,
                         const std::function<bool()>& cancelled,
                         const Take& take) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<FrameReader> reader,
                         FrameReader::Open(path, extent));
  while (!reader->at_end()) {
    ASSAY_RETURN_IF_ERROR(CheckCancelled(cancelled));
    ASSAY_ASSIGN_OR_RETURN(std::string_view bytes, reader->Next());
    while (!bytes.empty()) {
      TableEntry entry;
      std::string_view payload;
      if (!UnpackEntry(bytes, entry, payload)) {
        return MakeError(ErrorReason::kInternal,
                         absl::StrCat(path, " holds half an entry"));
      }
      ASSAY_ASSIGN_OR_RETURN(const bool more, take(entry, payload));
      if (!more) return absl::OkStatus();
    }
  }
  return reader->Next().status();  // Verifies the end.
}

}  // namespace

absl::Status Window::Impl::Finish(const Visit& visit,
                                  const Cancelled& cancelled) {
  ASSAY_RETURN_IF_ERROR(broken_);
  keys_ = drained_keys_;
  changed_ = drained_changed_;
  broken_ = FinishAll(visit, cancelled);
  if (!broken_.ok()) return broken_;
  keys_ += matched_;
  table_.Clear();
  spill_.Reset();
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Window::Impl::Drain(
    const std::function<bool(std::string_view)>& final, const Visit& visit) {
  ASSAY_RETURN_IF_ERROR(broken_);
  if (spill_.bytes() > 0) return 0;
  const std::vector<TableEntry> entries = table_.TakeOut(final);
  // VisitEntries counts what Finish would count.
  keys_ = 0;
  const int64_t changed = std::exchange(changed_, 0);
  broken_ = VisitEntries(entries, visit, /*cancelled=*/nullptr);
  drained_changed_ += changed_;
  changed_ = changed;
  drained_keys_ += keys_;
  table_.FreePayloads(entries);
  if (!broken_.ok()) return broken_;
  return keys_;
}

absl::Status Window::Impl::FinishAll(const Visit& visit,
                                     const Cancelled& cancelled) {
  if (spill_.bytes() == 0) return VisitTable(visit, cancelled);
  ASSAY_RETURN_IF_ERROR(SpillAll());
  // The files stay: a checkpoint may refer to them until the caller has made
  // durable what it learns here.
  for (size_t i = 0; i < SpillFiles::kPartitions; ++i) {
    ASSAY_RETURN_IF_ERROR(FinishFile(spill_.path(i), spill_.extent(i),
                                     /*level=*/0, /*whole=*/false, visit,
                                     cancelled));
  }
  return absl::OkStatus();
}

absl::Status Window::Impl::FinishFile(const std::string& path,
                                      const SpillExtent& extent, int level,
                                      bool whole, const Visit& visit,
                                      const Cancelled& cancelled) {
  if (extent.length == 0) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(
      const bool loaded,
      LoadFile(path, extent, whole || level == SpillFiles::kLastLevel,
               cancelled));
  if (loaded) {
    ASSAY_RETURN_IF_ERROR(VisitTable(visit, cancelled));
    table_.Clear();
    return absl::OkStatus();
  }
  table_.Clear();
  SpillFiles parts(absl::StrCat(path, "."), level + 1, buffer_bytes());
  ASSAY_RETURN_IF_ERROR(SplitFile(path, extent, parts, cancelled));
  spilled_ += parts.bytes();
  for (size_t i = 0; i < SpillFiles::kPartitions; ++i) {
    // The rows of one key can only be judged together.
    ASSAY_RETURN_IF_ERROR(FinishFile(parts.path(i), parts.extent(i), level + 1,
                                     parts.one_key_only(), visit, cancelled));
    ASSAY_RETURN_IF_ERROR(parts.Remove(i));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Window::Impl::LoadFile(const std::string& path,
                                            const SpillExtent& extent,
                                            bool whole,
                                            const Cancelled& cancelled) {
  const int64_t matched_before = matched_;
  bool room = true;
  ASSAY_RETURN_IF_ERROR(ReadEntries(
      path, extent, cancelled,
      [&](const TableEntry& entry,
          std::string_view payload) -> absl::StatusOr<bool> {
        WindowTable::Added added = table_.Add(
            entry.side(), entry.key, entry.row, payload, entry.rows(), whole);
        matched_ += added.matched;
        if (added.full && table_.WorthCompacting()) {
          table_.Compact();
          const uint32_t rest = entry.rows() - added.matched;
          added = table_.Add(entry.side(), entry.key, entry.row, payload, rest,
                             whole);
          matched_ += added.matched;
        }
        room = !added.full;
        return room;
      }));
  if (!room) matched_ = matched_before;
  return room;
}

absl::Status Window::Impl::SplitFile(const std::string& path,
                                     const SpillExtent& extent,
                                     SpillFiles& parts,
                                     const Cancelled& cancelled) {
  const auto append = [&](const TableEntry& entry,
                          std::string_view payload) -> absl::StatusOr<bool> {
    ASSAY_RETURN_IF_ERROR(parts.Append(entry, payload));
    return true;
  };
  ASSAY_RETURN_IF_ERROR(ReadEntries(path, extent, cancelled, append));
  return parts.Flush();
}

absl::Status Window::Impl::VisitTable(const Visit& visit,
                                      const Cancelled& cancelled) {
  return VisitEntries(table_.Sort(), visit, cancelled);
}

absl::Status Window::Impl::VisitEntries(absl::Span<const TableEntry> entries,
                                        const Visit& visit,
                                        const Cancelled& cancelled) {
  ASSAY_RETURN_IF_ERROR(CheckCancelled(cancelled));
  std::vector<Leftover> leftovers;
  for (size_t begin = 0; begin < entries.size();) {
    if (++keys_ % kKeysBetweenQuestions == 0) {
      ASSAY_RETURN_IF_ERROR(CheckCancelled(cancelled));
    }
    leftovers.clear();
    size_t sources = 0;
    size_t end = begin;
    for (; end < entries.size() && entries[end].key == entries[begin].key;
         ++end) {
      leftovers.push_back(Leftover{.row = entries[end].row,
                                   .payload = table_.payload(entries[end]),
                                   .count = entries[end].rows()});
      if (entries[end].side() == Side::kSource) ++sources;
    }
    const absl::Span<const Leftover> all = leftovers;
    const LeftoverKey key{.key = entries[begin].key,
                          .source = all.first(sources),
                          .target = all.subspan(sources)};
    if (options_.unique_keys && !key.source.empty() && !key.target.empty()) {
      ++changed_;
    }
    ASSAY_RETURN_IF_ERROR(visit(key));
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace assay::diff
