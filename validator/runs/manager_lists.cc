// SPDX-License-Identifier: Apache-2.0
// Lists of differences where servers share the store: from the file that the
// engine writes into the store, out of it page by page, and back into files for
// a recheck.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/state_paths.h"
#include "validator/base/status.h"
#include "validator/runs/manager_impl.h"

namespace assay::runs {
namespace {

namespace fs = std::filesystem;

// A list travels in pieces of about this size.
constexpr size_t kPieceBytes = 256 << 10;

// Reads whole lines: about kPieceBytes, at least one. "": the end.
std::string NextPiece(std::ifstream& in) {
  std::string piece(kPieceBytes, '\0');
  in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
  piece.resize(static_cast<size_t>(in.gcount()));
  if (piece.size() < kPieceBytes || piece.back() == '\n') return piece;
  std::string rest;
  std::getline(in, rest);
  return absl::StrCat(piece, rest, "\n");
}

// Writes lines to files, by name; makes their folder.
class Files {
 public:
  bool Write(const std::string& path, std::string_view text) {
    if (path != path_) {
      out_.close();
      out_.clear();
      std::error_code error;
      fs::create_directories(fs::path(path).parent_path(), error);
      out_.open(path, std::ios::binary | std::ios::app);
      path_ = path;
    }
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    return static_cast<bool>(out_.flush());
  }

 private:
  std::string path_;
  std::ofstream out_;
};

// The table of a line, as DifferenceLine writes it; "" where it has none.
std::string TableOf(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(
      line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "";
  const auto table = json.find("table");
  return table == json.end() || !table->is_string() ? ""
                                                    : table->get<std::string>();
}

// What the engine calls a table's list, by what the table's lines call it.
std::map<std::string, std::string> TableNames(
    const std::map<int, engine::PairResults>& pairs, int index) {
  std::map<std::string, std::string> names;
  const auto of_rule = pairs.find(index);
  if (of_rule == pairs.end()) return names;
  for (const auto& [name, pair] : of_rule->second) {
    names[pair.result.table] = name;
  }
  return names;
}

// Writes the piece's lines as they were in files: all of them in the list of
// the rule, and, for a comparison of many tables, each table's own (`names`, as
// TableNames; of others nothing is known, and no list is of use).
bool WritePiece(const std::string& directory, const std::string& run_id,
                const std::string& rule_id, bool many_tables,
                const std::map<std::string, std::string>& names,
                const std::string& piece, Files& files) {
  if (!many_tables) {
    return files.Write(DifferencesPath(directory, run_id, rule_id), piece);
  }
  size_t begin = 0;
  while (begin < piece.size()) {
    const size_t end = piece.find('\n', begin) + 1;
    const std::string_view line(piece.data() + begin, end - begin);
    begin = end;
    const auto name = names.find(TableOf(line));
    if (name == names.end()) continue;
    const std::string list = absl::StrCat(rule_id, "@", name->second);
    if (!files.Write(DifferencesPath(directory, run_id, list), line)) {
      return false;
    }
  }
  return true;
}

// Whether the rule compares all tables of a pattern.
bool IsOfManyTables(const RuleSet& rule_set, int index) {
  for (int group = 0; group < engine::CountGroups(rule_set); ++group) {
    const int first = engine::FirstRuleOfGroup(rule_set, group);
    const int rules =
        static_cast<int>(engine::RulesOfGroup(rule_set, group).size());
    if (index < first || index >= first + rules) continue;
    const size_t tables = rule_set.tables.size();
    const auto at = static_cast<size_t>(group);
    return at >= tables &&
           rule_set.comparisons[at - tables].source.tables.has_value();
  }
  return false;
}

}  // namespace

absl::Status RunManagerImpl::SaveLists(const RunPtr& run) {
  const std::string directory = state_->OfExecution(run->id(), run->epoch());
  for (const LiveRun::UnsavedList& list : run->UnsavedLists()) {
    const std::string path =
        DifferencesPath(directory, run->id(), list.rule_id);
    std::ifstream in;
    if (!directory.empty()) in.open(path, std::ios::binary);
    // One that was taken over from another run is that one's.
    if (!in.is_open()) {
      run->MarkList(list, -1);
      continue;
    }
    int64_t offset = 0;
    while (true) {
      const std::string piece = NextPiece(in);
      if (piece.empty()) break;
      ASSAY_RETURN_IF_ERROR(store_->AddToList(run->id(), list.index,
                                              run->epoch(), offset, piece));
      offset += static_cast<int64_t>(piece.size());
    }
    if (in.bad()) {
      LogWarning(
          absl::StrCat("cannot read '", path, "': ", std::strerror(errno),
                       "; its list of differences is not kept"),
          run->log());
    }
    run->MarkList(list, in.bad() ? -1 : run->epoch());
  }
  return absl::OkStatus();
}

void RunManagerImpl::FetchLists(const engine::ExecuteRequest& request,
                                const Run& parent) {
  if (request.directory.empty()) return;
  // What an earlier execution of this run fetched.
  std::error_code error;
  fs::remove_all(RunFolder(request.directory, "differences", parent.run_id),
                 error);
  for (const auto& [index, result] : request.earlier) {
    if (result.differences == 0) continue;
    const auto place = store_->FindList(parent.run_id, result.rule_id);
    if (!place.ok() || !place->has_value()) continue;
    const bool many = IsOfManyTables(*request.rule_set, index);
    const auto names = TableNames(request.earlier_pairs, index);
    Files files;
    int64_t offset = 0;
    while (true) {
      const auto piece = store_->ReadList(parent.run_id, (*place)->first,
                                          (*place)->second, offset);
      if (piece.ok() && !piece->has_value()) break;
      if (!piece.ok() ||
          !WritePiece(request.directory, parent.run_id, result.rule_id, many,
                      names, (*piece)->text, files)) {
        // Half a list must not be taken for a whole one.
        LogWarning(
            absl::StrCat("the run reads everything, for the lists of run ",
                         parent.run_id, " cannot be copied: ",
                         piece.ok() ? "the state directory cannot be written"
                                    : std::string(piece.status().message())),
            engine::LogFieldsOf(request));
        fs::remove_all(
            RunFolder(request.directory, "differences", parent.run_id), error);
        return;
      }
      offset = (*piece)->offset + static_cast<int64_t>((*piece)->text.size());
    }
  }
}

absl::StatusOr<LinePage> RunManagerImpl::ReadStoredLines(
    const std::string& run_id, int rule_index, int64_t epoch, int64_t offset,
    int limit, size_t max_bytes) {
  LinePage page;
  size_t bytes = 0;
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const std::optional<Store::Piece> piece,
                           store_->ReadList(run_id, rule_index, epoch, offset));
    if (!piece.has_value()) return page;
    const std::string& text = piece->text;
    auto at = static_cast<size_t>(offset - piece->offset);
    if (at > 0 && text[at - 1] != '\n') {
      return MakeError(ErrorReason::kPageTokenInvalid,
                       "page_token: the list of differences has no line there; "
                       "begin again without a token");
    }
    while (at < text.size()) {
      const size_t end = std::min(text.find('\n', at), text.size());
      if (static_cast<int>(page.lines.size()) == limit ||
          (!page.lines.empty() && bytes + (end - at) > max_bytes)) {
        page.next = piece->offset + static_cast<int64_t>(at);
        return page;
      }
      bytes += end - at;
      page.lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    offset = piece->offset + static_cast<int64_t>(text.size());
  }
}

}  // namespace assay::runs
