// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/check_text.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace assay::engine {
namespace {

using Demands = std::vector<CheckDemand>;

// A CHECK nested deeper is nobody's list of values.
constexpr int kMaxDepth = 50;

struct Token {
  enum class Type { kName, kQuotedName, kString, kNumber, kSymbol, kEnd };
  Type type = Type::kEnd;
  std::string text;  // Names that are not quoted in lower case.
};

bool IsNameStart(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalpha(byte) || c == '_' || byte >= 0x80;
}

bool IsNamePart(char c) {
  return IsNameStart(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
         c == '$';
}

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// nullopt where the text is not understood.
std::optional<std::vector<Token>> Lex(std::string_view text) {
  std::vector<Token> out;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (c == '\'' || c == '"' || c == '`') {
      std::string value;
      size_t end = i + 1;
      for (;; ++end) {
        if (end >= text.size()) return std::nullopt;
        if (text[end] == c) {
          if (end + 1 >= text.size() || text[end + 1] != c) break;
          ++end;
        }
        // Databases differ in what a backslash is.
        if (text[end] == '\\') return std::nullopt;
        value.push_back(text[end]);
      }
      out.push_back(
          {c == '\'' ? Token::Type::kString : Token::Type::kQuotedName,
           std::move(value)});
      i = end + 1;
    } else if (IsDigit(c) ||
               (c == '.' && i + 1 < text.size() && IsDigit(text[i + 1]))) {
      size_t end = i;
      while (end < text.size() && (IsDigit(text[end]) || text[end] == '.')) {
        ++end;
      }
      if (end < text.size() && IsNameStart(text[end])) return std::nullopt;
      out.push_back(
          {Token::Type::kNumber, std::string(text.substr(i, end - i))});
      i = end;
    } else if (IsNameStart(c)) {
      size_t end = i;
      while (end < text.size() && IsNamePart(text[end])) ++end;
      const absl::string_view word(text.data() + i, end - i);
      out.push_back({Token::Type::kName, absl::AsciiStrToLower(word)});
      i = end;
    } else {
      std::string symbol(1, c);
      if (i + 1 < text.size()) {
        const std::string two(text.substr(i, 2));
        for (const char* known : {">=", "<=", "<>", "!=", "::", "=="}) {
          if (two == known) symbol = two;
        }
      }
      i += symbol.size();
      out.push_back({Token::Type::kSymbol, std::move(symbol)});
    }
  }
  out.push_back({});
  return out;
}

bool IsKeyword(const std::string& word) {
  for (const char* keyword : {"and", "or", "in", "between", "not", "is", "any",
                              "all", "array", "null", "like", "case"}) {
    if (word == keyword) return true;
  }
  return false;
}

// A column or a literal.
struct Operand {
  std::string column;  // Empty: a literal.
  CheckLiteral literal;
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::optional<Demands> Parse() {
    std::optional<Demands> out = Or();
    if (!out || peek().type != Token::Type::kEnd) return std::nullopt;
    return out;
  }

 private:
  const Token& peek(size_t ahead = 0) const {
    const size_t at = at_ + ahead;
    return at < tokens_.size() ? tokens_[at] : tokens_.back();
  }

  bool Is(const char* text, size_t ahead = 0) const {
    const Token& token = peek(ahead);
    return (token.type == Token::Type::kSymbol ||
            token.type == Token::Type::kName) &&
           token.text == text;
  }

  bool Take(const char* text) {
    if (!Is(text)) return false;
    ++at_;
    return true;
  }

  // Branches that each allow values of one column are one list.
  std::optional<Demands> Or() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    std::optional<Demands> out = And();
    while (out && Take("or")) {
      std::optional<Demands> more = And();
      if (!more || more->size() != 1 || out->size() != 1) return std::nullopt;
      CheckDemand& first = out->front();
      CheckDemand& second = more->front();
      if (first.values.empty() || second.values.empty() ||
          first.column != second.column) {
        return std::nullopt;
      }
      for (CheckLiteral& value : second.values) {
        first.values.push_back(std::move(value));
      }
    }
    --depth_;
    return out;
  }

  std::optional<Demands> And() {
    std::optional<Demands> out = Primary();
    while (out && Take("and")) {
      std::optional<Demands> more = Primary();
      if (!more) return std::nullopt;
      for (CheckDemand& demand : *more) Add(std::move(demand), *out);
    }
    return out;
  }

  // Joins bounds of one column into one demand.
  static void Add(CheckDemand demand, Demands& out) {
    for (CheckDemand& known : out) {
      const bool bounds = known.values.empty() && known.forbid.empty() &&
                          demand.values.empty() && demand.forbid.empty();
      if (!bounds || known.column != demand.column) continue;
      const bool low = known.min || known.above;
      const bool high = known.max || known.below;
      if ((low && (demand.min || demand.above)) ||
          (high && (demand.max || demand.below))) {
        continue;
      }
      if (demand.min) known.min = demand.min;
      if (demand.above) known.above = demand.above;
      if (demand.max) known.max = demand.max;
      if (demand.below) known.below = demand.below;
      return;
    }
    out.push_back(std::move(demand));
  }

  std::optional<Demands> Primary() {
    // "(a >= 0)" and "(a) >= 0" begin alike.
    if (Is("(")) {
      const size_t before = at_;
      const int depth = depth_;
      ++at_;
      std::optional<Demands> inside = Or();
      if (inside && Take(")") && !StartsComparison()) return inside;
      at_ = before;
      depth_ = depth;
    }
    return Comparison();
  }

  bool StartsComparison() const {
    for (const char* next : {"::", "=", "==", ">=", "<=", "<>", "!=", "<", ">",
                             "in", "between", "not"}) {
      if (Is(next)) return true;
    }
    return false;
  }

  std::optional<Demands> Comparison() {
    std::optional<Operand> left = ReadOperand();
    if (!left) return std::nullopt;
    CheckDemand demand;
    demand.column = left->column;
    const bool negated = Take("not");
    if (Take("in")) {
      if (left->column.empty()) return std::nullopt;
      if (!ReadList("(", ")", negated ? demand.forbid : demand.values)) {
        return std::nullopt;
      }
      return Demands{std::move(demand)};
    }
    if (negated) return std::nullopt;
    if (Take("between")) {
      std::optional<Operand> low = ReadOperand();
      if (!low || !low->column.empty() || !Take("and")) return std::nullopt;
      std::optional<Operand> high = ReadOperand();
      if (!high || !high->column.empty() || left->column.empty()) {
        return std::nullopt;
      }
      demand.min = low->literal;
      demand.max = high->literal;
      return Demands{std::move(demand)};
    }
    std::string sign = peek().text;
    if (peek().type != Token::Type::kSymbol) return std::nullopt;
    ++at_;
    if (sign == "==") sign = "=";
    if (sign == "!=") sign = "<>";
    if ((sign == "=" && Take("any")) || (sign == "<>" && Take("all"))) {
      if (left->column.empty() || !Take("(") ||
          !ReadArray(sign == "=" ? demand.values : demand.forbid) ||
          !Take(")")) {
        return std::nullopt;
      }
      return Demands{std::move(demand)};
    }
    std::optional<Operand> right = ReadOperand();
    // Of two columns, or of two literals, there is nothing to say.
    if (!right || left->column.empty() == right->column.empty()) {
      return std::nullopt;
    }
    if (left->column.empty()) {
      std::swap(*left, *right);
      demand.column = left->column;
      if (sign.front() == '<' && sign != "<>") {
        sign.front() = '>';
      } else if (sign.front() == '>') {
        sign.front() = '<';
      }
    }
    return Bound(sign, right->literal, std::move(demand));
  }

  static std::optional<Demands> Bound(const std::string& sign,
                                      const CheckLiteral& literal,
                                      CheckDemand demand) {
    if (sign == "=") {
      demand.values = {literal};
    } else if (sign == "<>") {
      demand.forbid = {literal};
    } else if (sign == ">=") {
      demand.min = literal;
    } else if (sign == "<=") {
      demand.max = literal;
    } else if (sign == ">") {
      demand.above = literal;
    } else if (sign == "<") {
      demand.below = literal;
    } else {
      return std::nullopt;
    }
    return Demands{std::move(demand)};
  }

  std::optional<Operand> ReadOperand() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    std::optional<Operand> out;
    if (Take("(")) {
      out = ReadOperand();
      if (!out || !Take(")")) return std::nullopt;
    } else if (Is("-") && peek(1).type == Token::Type::kNumber) {
      out = Operand{"", {"-" + peek(1).text, false}};
      at_ += 2;
    } else {
      const Token token = peek();
      switch (token.type) {
        case Token::Type::kString:
          out = Operand{"", {token.text, true}};
          break;
        case Token::Type::kNumber:
          out = Operand{"", {token.text, false}};
          break;
        case Token::Type::kQuotedName:
          out = Operand{token.text, {}};
          break;
        case Token::Type::kName:
          // A function, or a typed literal, is more than we know.
          if (IsKeyword(token.text) || Is("(", 1) ||
              peek(1).type == Token::Type::kString) {
            return std::nullopt;
          }
          if (token.text == "true" || token.text == "false") {
            out = Operand{"", {token.text, false}};
          } else {
            out = Operand{token.text, {}};
          }
          break;
        default:
          return std::nullopt;
      }
      ++at_;
    }
    if (!SkipCasts() || Is(".")) return std::nullopt;
    --depth_;
    return out;
  }

  // "::character varying(20)[]", any number of times.
  bool SkipCasts() {
    while (Take("::")) {
      if (peek().type != Token::Type::kName &&
          peek().type != Token::Type::kQuotedName) {
        return false;
      }
      while ((peek().type == Token::Type::kName && !IsKeyword(peek().text)) ||
             peek().type == Token::Type::kQuotedName || Is(".")) {
        ++at_;
      }
      if (Take("(")) {
        while (peek().type == Token::Type::kNumber || Is(",")) ++at_;
        if (!Take(")")) return false;
        while (peek().type == Token::Type::kName && !IsKeyword(peek().text)) {
          ++at_;
        }
      }
      if (Take("[") && !Take("]")) return false;
    }
    return true;
  }

  bool ReadArray(std::vector<CheckLiteral>& out) {
    if (++depth_ > kMaxDepth) return false;
    if (Take("(")) {
      if (!ReadArray(out) || !Take(")")) return false;
    } else if (!Take("array") || !ReadList("[", "]", out)) {
      return false;
    }
    --depth_;
    return SkipCasts();
  }

  bool ReadList(const char* open, const char* close,
                std::vector<CheckLiteral>& out) {
    if (!Take(open)) return false;
    do {
      std::optional<Operand> value = ReadOperand();
      if (!value || !value->column.empty()) return false;
      out.push_back(std::move(value->literal));
    } while (Take(","));
    return Take(close);
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<std::vector<CheckDemand>> ReadCheck(std::string_view text) {
  std::optional<std::vector<Token>> tokens = Lex(text);
  if (!tokens) return std::nullopt;
  return Parser(*std::move(tokens)).Parse();
}

}  // namespace assay::engine
