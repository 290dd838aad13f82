// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/window.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/window_impl.h"

namespace assay::diff {
namespace {

// Rows between a prefetch and its use: a miss takes as long as some ten rows.
constexpr size_t kAhead = 12;

}  // namespace

Window::Impl::Impl(WindowOptions options)
    : options_(std::move(options)),
      table_(options_.memory_bytes, options_.unique_keys,
             options_.within_tolerance),
      spill_(absl::StrCat(options_.directory, "/spill."), /*level=*/0,
             buffer_bytes()) {}

absl::Status Window::Impl::Add(
    Side side, const DigestBatch& batch,
    const std::function<bool(std::string_view)>& passed, const Visit& visit) {
  ASSAY_RETURN_IF_ERROR(broken_);
  const size_t size = batch.size();
  for (size_t i = 0; i < std::min(size, kAhead); ++i) {
    table_.Prefetch(batch.keys[i], batch.rows[i]);
  }
  for (size_t i = 0; i < size; ++i) {
    if (i + kAhead < size) {
      table_.Prefetch(batch.keys[i + kAhead], batch.rows[i + kAhead]);
    }
    const Digest& key = batch.keys[i];
    const Digest& row = batch.rows[i];
    const std::string_view payload = batch.payload(i);
    broken_ = passed != nullptr && passed(payload) && IsAlone(key, row)
                  ? VisitAlone(side, key, row, payload, visit)
                  : Put(side, key, row, payload, 1);
    if (!broken_.ok()) return broken_;
  }
  rows_[static_cast<int>(side)] += static_cast<int64_t>(size);
  if (table_.WorthCompacting()) table_.Compact();
  return absl::OkStatus();
}

absl::Status Window::Impl::VisitAlone(Side side, const Digest& key,
                                      const Digest& row,
                                      std::string_view payload,
                                      const Visit& visit) {
  const Leftover alone{.row = row, .payload = payload, .count = 1};
  LeftoverKey leftover{.key = key, .source = {}, .target = {}};
  (side == Side::kSource ? leftover.source : leftover.target) =
      absl::MakeConstSpan(&alone, 1);
  ++drained_keys_;
  return visit(leftover);
}

absl::Status Window::Impl::PutWithoutRoom(Side side, const Digest& key,
                                          const Digest& row,
                                          std::string_view payload,
                                          uint32_t rows) {
  // What is dead in memory is cheaper to drop than the living to write.
  if (table_.WorthCompacting()) {
    table_.Compact();
    const WindowTable::Added added =
        table_.Add(side, key, row, payload, rows, /*force=*/false);
    matched_ += added.matched;
    changed_ += added.changed;
    if (!added.full) return absl::OkStatus();
    rows -= added.matched;
  }
  ASSAY_RETURN_IF_ERROR(SpillAll());
  // Nothing in the empty table matches. One row is taken, however large.
  table_.Add(side, key, row, payload, rows, /*force=*/true);
  return absl::OkStatus();
}

absl::Status Window::Impl::SpillAll() {
  const uint64_t before = spill_.bytes();
  ASSAY_RETURN_IF_ERROR(
      table_.ForEach([&](const TableEntry& entry, std::string_view payload) {
        return spill_.Append(entry, payload);
      }));
  ASSAY_RETURN_IF_ERROR(spill_.Flush());
  spilled_ += spill_.bytes() - before;
  table_.Clear();
  return absl::OkStatus();
}

void Window::Impl::Reset() {
  table_.Clear();
  spill_.Reset();
  rows_[0] = rows_[1] = 0;
  matched_ = changed_ = keys_ = drained_keys_ = drained_changed_ = 0;
  spilled_ = 0;
  broken_ = absl::OkStatus();
}

Window::Window(WindowOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
Window::~Window() = default;

absl::Status Window::Add(Side side, const DigestBatch& batch) {
  return impl_->Add(side, batch, nullptr, nullptr);
}
absl::Status Window::Add(
    Side side, const DigestBatch& batch,
    const std::function<bool(std::string_view payload)>& passed,
    const std::function<absl::Status(const LeftoverKey&)>& visit) {
  return impl_->Add(side, batch, passed, visit);
}
absl::Status Window::Finish(
    const std::function<absl::Status(const LeftoverKey&)>& visit,
    const std::function<bool()>& cancelled) {
  return impl_->Finish(visit, cancelled);
}
absl::StatusOr<int64_t> Window::Drain(
    const std::function<bool(std::string_view payload)>& final,
    const std::function<absl::Status(const LeftoverKey&)>& visit) {
  return impl_->Drain(final, visit);
}
int64_t Window::rows(Side side) const { return impl_->rows(side); }
int64_t Window::matched() const { return impl_->matched(); }
int64_t Window::keys() const { return impl_->keys(); }
int64_t Window::changed() const { return impl_->changed(); }
size_t Window::entries() const { return impl_->table().entries(); }
size_t Window::memory_bytes() const { return impl_->table().memory_bytes(); }
int64_t Window::spilled_bytes() const { return impl_->spilled_bytes(); }
absl::Status Window::Save(const std::string& path) { return impl_->Save(path); }
absl::Status Window::Load(const std::string& path) { return impl_->Load(path); }

}  // namespace assay::diff
