// SPDX-License-Identifier: Apache-2.0
// The loop that every compared row of the product goes through: it allocates
// nothing per cell and decides per column, not per cell, what it can.
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/diff/canonical.h"
#include "validator/diff/encode.h"

namespace assay::diff {
namespace {

// Rows digested column by column before they are put together: few enough for
// their digests to stay in the first cache.
constexpr size_t kChunkRows = 128;
// Bytes of a text that is digested without a string of its own: most are
// shorter.
constexpr size_t kShortText = 256;

// HashBytes, inlined: most values are nine bytes.
inline Digest Hash(const void* data, size_t size, uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(data, size, seed);
  return Digest{.low = hash.low64, .high = hash.high64};
}

bool IsTolerant(const ColumnEncoding& column) {
  return column.policy.tolerance.has_value() ||
         column.policy.relative_tolerance.has_value();
}

// How the cells of a column become bytes.
enum class Path { kInteger, kText, kAny };

Path PathOf(const ColumnEncoding& column, db::CellKind kind) {
  if (column.type == CompareType::kNumber && kind == db::CellKind::kInt64) {
    return Path::kInteger;
  }
  if (column.type == CompareType::kText && kind == db::CellKind::kText &&
      !column.has_policy && !column.tagged) {
    return Path::kText;
  }
  return Path::kAny;
}

// One call of Encode.
class Encoding {
 public:
  Encoding(const RowEncoder& encoder, const db::RowBlock& block,
           const std::vector<db::CellKind>& kinds, DigestBatch& batch)
      : columns_(encoder.columns()),
        seed_(encoder.seed()),
        block_(block),
        kinds_(kinds),
        batch_(batch) {
    keyless_ = encoder.key_columns() == 0;
    key_columns_ = keyless_ ? columns_.size() : encoder.key_columns();
    for (size_t i = 0; i < columns_.size(); ++i) {
      paths_.push_back(PathOf(columns_[i], kinds[i]));
      if (i < key_columns_) continue;
      (IsTolerant(columns_[i]) ? tolerant_ : exact_).push_back(i);
    }
    digests_.resize(std::max<size_t>(kChunkRows * exact_.size(), 1));
    std::string null;
    PutNull(null);
    null_ = Hash(null.data(), null.size(), seed_);
    nothing_ = Hash("", 0, seed_);
  }

  absl::Status Run() {
    Reserve();
    for (size_t first = 0; first < block_.rows(); first += kChunkRows) {
      const size_t end = std::min(first + kChunkRows, block_.rows());
      for (size_t i = 0; i < exact_.size(); ++i) {
        ASSAY_RETURN_IF_ERROR(DigestColumn(i, first, end));
      }
      for (size_t row = first; row < end; ++row) {
        ASSAY_RETURN_IF_ERROR(
            AddRow(row, &digests_[(row - first) * exact_.size()]));
      }
    }
    return absl::OkStatus();
  }

 private:
  // Room for the block's rows, growing geometrically over many blocks.
  void Reserve() {
    const size_t rows = batch_.size() + block_.rows();
    if (batch_.keys.capacity() >= rows) return;
    const size_t room = std::max(rows, 2 * batch_.keys.capacity());
    batch_.keys.reserve(room);
    batch_.rows.reserve(room);
    batch_.ends.reserve(room);
  }

  absl::Status Append(size_t column, size_t row, std::string& out) {
    switch (paths_[column]) {
      case Path::kInteger:
        if (block_.IsNull(row, column)) {
          PutNull(out);
        } else {
          PutInt64(Tag::kInteger, block_.Int64(row, column), out);
        }
        return absl::OkStatus();
      case Path::kText:
        if (block_.IsNull(row, column)) {
          PutNull(out);
        } else {
          PutBlob(Tag::kText, TextOf(column, row), out);
        }
        return absl::OkStatus();
      case Path::kAny:
        break;
    }
    absl::Status status =
        EncodeCell(columns_[column], block_, row, column, kinds_[column], out);
    return status.ok() ? status
                       : Annotate(status, absl::StrCat("column #", column));
  }

  std::string_view TextOf(size_t column, size_t row) const {
    const std::string_view text = block_.Text(row, column);
    return columns_[column].padded ? WithoutPadding(text) : text;
  }

  // The digest of what PutBlob makes of a short text, without a string.
  Digest HashShort(std::string_view text) const {
    char bytes[1 + sizeof(uint32_t) + kShortText];
    const auto size = static_cast<uint32_t>(text.size());
    bytes[0] = static_cast<char>(Tag::kText);
    std::memcpy(bytes + 1, &size, sizeof size);
    std::memcpy(bytes + 1 + sizeof size, text.data(), text.size());
    return Hash(bytes, 1 + sizeof size + text.size(), seed_);
  }

  // The digests of exactly compared column `i` for rows [first, end).
  absl::Status DigestColumn(size_t i, size_t first, size_t end) {
    const size_t column = exact_[i];
    Digest* out = &digests_[i];
    const size_t step = exact_.size();
    if (paths_[column] == Path::kInteger) {
      char bytes[9] = {static_cast<char>(Tag::kInteger)};
      for (size_t row = first; row < end; ++row, out += step) {
        if (block_.IsNull(row, column)) {
          *out = null_;
          continue;
        }
        const int64_t value = block_.Int64(row, column);
        std::memcpy(bytes + 1, &value, sizeof value);
        *out = Hash(bytes, sizeof bytes, seed_);
      }
      return absl::OkStatus();
    }
    for (size_t row = first; row < end; ++row, out += step) {
      if (paths_[column] == Path::kText && !block_.IsNull(row, column)) {
        const std::string_view text = TextOf(column, row);
        if (text.size() <= kShortText) {
          *out = HashShort(text);
          continue;
        }
      }
      cell_.clear();
      ASSAY_RETURN_IF_ERROR(Append(column, row, cell_));
      *out = Hash(cell_.data(), cell_.size(), seed_);
    }
    return absl::OkStatus();
  }

  // Writes the length of what follows position `at` of the payload there.
  void PutLength(size_t at) {
    const auto size =
        static_cast<uint32_t>(batch_.payloads.size() - at - sizeof(uint32_t));
    std::memcpy(batch_.payloads.data() + at, &size, sizeof size);
  }

  absl::Status AddRow(size_t row, const Digest* digests) {
    std::string& payloads = batch_.payloads;
    constexpr char kLength[sizeof(uint32_t)] = {};
    const size_t begin = payloads.size();
    payloads.append(kLength, sizeof kLength);
    for (size_t column = 0; column < key_columns_; ++column) {
      ASSAY_RETURN_IF_ERROR(Append(column, row, payloads));
    }
    PutLength(begin);
    const size_t key = begin + sizeof kLength;
    batch_.keys.push_back(
        Hash(payloads.data() + key, payloads.size() - key, seed_));
    size_t at = payloads.size();
    payloads.resize(at + exact_.size() * sizeof digests->low);
    for (size_t i = 0; i < exact_.size(); ++i, at += sizeof digests->low) {
      std::memcpy(payloads.data() + at, &digests[i].low, sizeof digests->low);
    }
    for (const size_t column : tolerant_) {
      const size_t value = payloads.size();
      payloads.append(kLength, sizeof kLength);
      ASSAY_RETURN_IF_ERROR(Append(column, row, payloads));
      PutLength(value);
    }
    if (payloads.size() > std::numeric_limits<uint32_t>::max()) {
      return MakeError(ErrorReason::kInternal, "a batch of rows is too large");
    }
    batch_.ends.push_back(static_cast<uint32_t>(payloads.size()));
    batch_.rows.push_back(
        exact_.empty() ? nothing_
                       : Hash(digests, exact_.size() * sizeof *digests, seed_));
    if (!keyless_ && HasNullKey(row)) ++batch_.null_keys;
    return absl::OkStatus();
  }

  // Whether the row's key holds a NULL: by its bytes, since '' may be one too.
  bool HasNullKey(size_t row) {
    for (size_t column = 0; column < key_columns_; ++column) {
      if (block_.IsNull(row, column)) return true;
      if (columns_[column].policy.empty_is_null) {
        cell_.clear();
        if (Append(column, row, cell_).ok() &&
            cell_.front() == static_cast<char>(Tag::kNull)) {
          return true;
        }
      }
    }
    return false;
  }

  const std::vector<ColumnEncoding>& columns_;
  const uint64_t seed_;
  const db::RowBlock& block_;
  const std::vector<db::CellKind>& kinds_;
  DigestBatch& batch_;
  bool keyless_ = false;
  size_t key_columns_ = 0;
  std::vector<Path> paths_;
  std::vector<size_t> exact_;     // Columns that are compared by digest, and
  std::vector<size_t> tolerant_;  // by value.
  std::vector<Digest> digests_;   // Of a chunk: a row of exact_ after another.
  std::string cell_;
  Digest null_, nothing_;
};

}  // namespace

RowEncoder::RowEncoder(std::vector<ColumnEncoding> columns, size_t key_columns,
                       uint64_t seed)
    : columns_(std::move(columns)), key_columns_(key_columns), seed_(seed) {}

absl::Status RowEncoder::Encode(const db::RowBlock& block,
                                const std::vector<db::CellKind>& kinds,
                                DigestBatch& batch) const {
  if (kinds.size() < columns_.size()) {
    return MakeError(ErrorReason::kInternal, "a column is missing");
  }
  return Encoding(*this, block, kinds, batch).Run();
}

}  // namespace assay::diff
