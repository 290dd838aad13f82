// SPDX-License-Identifier: Apache-2.0
#include "tests/report/support/html_checker.h"

#include <algorithm>
#include <set>
#include <vector>

#include "validator/report/display.h"

namespace assay::report {
namespace {

const std::set<std::string>& Elements() {
  static const auto& elements = *new std::set<std::string>{
      "a",        "article",    "b",       "bdi",     "body",   "br",
      "button",   "code",       "dd",      "details", "div",    "dl",
      "dt",       "figcaption", "figure",  "footer",  "form",   "g",
      "h1",       "h2",         "h3",      "h4",      "head",   "html",
      "input",    "label",      "li",      "line",    "link",   "main",
      "mark",     "meta",       "nav",     "option",  "p",      "pre",
      "progress", "rect",       "script",  "section", "select", "small",
      "span",     "style",      "summary", "svg",     "table",  "tbody",
      "td",       "text",       "th",      "thead",   "time",   "title",
      "tr",       "ul"};
  return elements;
}

const std::set<std::string>& Attributes() {
  static const auto& attributes = *new std::set<std::string>{"action",
                                                             "aria-hidden",
                                                             "aria-label",
                                                             "autocomplete",
                                                             "charset",
                                                             "checked",
                                                             "class",
                                                             "colspan",
                                                             "content",
                                                             "data-l",
                                                             "data-u",
                                                             "datetime",
                                                             "fill",
                                                             "height",
                                                             "href",
                                                             "http-equiv",
                                                             "id",
                                                             "lang",
                                                             "max",
                                                             "method",
                                                             "name",
                                                             "placeholder",
                                                             "pointer-events",
                                                             "rel",
                                                             "role",
                                                             "rowspan",
                                                             "scope",
                                                             "selected",
                                                             "tabindex",
                                                             "title",
                                                             "type",
                                                             "value",
                                                             "width",
                                                             "x",
                                                             "x1",
                                                             "x2",
                                                             "xmlns",
                                                             "y",
                                                             "y1",
                                                             "y2"};
  return attributes;
}

bool IsVoid(const std::string& element) {
  return element == "br" || element == "meta" || element == "link" ||
         element == "input" || element == "rect" || element == "line";
}

bool IsFineText(std::string_view text) {
  if (text.find_first_of("<>") != std::string_view::npos) return false;
  for (size_t at = text.find('&'); at != std::string_view::npos;
       at = text.find('&', at + 1)) {
    bool known = false;
    for (const std::string_view entity :
         {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#13;"}) {
      known = known || text.substr(at, entity.size()) == entity;
    }
    if (!known) return false;
  }
  return true;
}

bool IsFineAddress(const std::string& element, std::string_view value) {
  const auto begins = [value](std::string_view with) {
    return value.substr(0, with.size()) == with;
  };
  if (element == "link") return begins("data:image/svg+xml,");
  if (begins("#L")) {
    return value.find_first_not_of("0123456789", 2) == std::string_view::npos;
  }
  if (begins("/runs")) {
    return value.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "-._~%/?=&;") == std::string_view::npos;
  }
  return element == "a" &&
         (begins("https://") || begins("http://") || begins("HTTP"));
}

class Checker {
 public:
  explicit Checker(std::string_view page) : rest_(page) {}

  std::string Check() {
    constexpr std::string_view kDoctype = "<!DOCTYPE html>\n";
    if (rest_.substr(0, kDoctype.size()) != kDoctype) return "no doctype";
    rest_.remove_prefix(kDoctype.size());
    while (!rest_.empty() && problem_.empty()) Next();
    if (!problem_.empty()) {
      return problem_ + " before: " + std::string(rest_.substr(0, 200));
    }
    if (!open_.empty()) return "not closed: " + open_.back();
    return "";
  }

 private:
  void Next() {
    if (rest_[0] != '<') {
      const size_t end = std::min(rest_.find('<'), rest_.size());
      if (!IsFineText(rest_.substr(0, end))) {
        problem_ = "text is not escaped";
        return;
      }
      rest_.remove_prefix(end);
      return;
    }
    rest_.remove_prefix(1);
    if (!rest_.empty() && rest_[0] == '/') {
      Close();
    } else {
      Open();
    }
  }

  std::string Name() {
    const size_t end = std::min(
        rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
        rest_.size());
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  void Close() {
    rest_.remove_prefix(1);
    const std::string name = Name();
    if (rest_.empty() || rest_[0] != '>') {
      problem_ = "odd end of " + name;
    } else if (open_.empty() || open_.back() != name) {
      problem_ = "</" + name + "> closes " +
                 (open_.empty() ? std::string("nothing") : open_.back());
    } else {
      open_.pop_back();
      rest_.remove_prefix(1);
    }
  }

  void Open() {
    const std::string name = Name();
    if (Elements().count(name) == 0) {
      problem_ = "element <" + name + ">";
      return;
    }
    std::set<std::string> seen;
    for (;;) {
      while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) {
        rest_.remove_prefix(1);
      }
      if (rest_.substr(0, 2) == "/>") rest_.remove_prefix(1);
      if (rest_.empty()) {
        problem_ = "<" + name + " has no end";
        return;
      }
      if (rest_[0] == '>') break;
      const std::string attribute = Name();
      if (Attributes().count(attribute) == 0 ||
          !seen.insert(attribute).second) {
        problem_ = "attribute " + attribute + " of <" + name + ">";
        return;
      }
      if (!Value(name, attribute)) return;
    }
    rest_.remove_prefix(1);
    if (IsVoid(name)) return;
    if (name == "style" || name == "script") {
      // Their content is a constant; the policy has its hash.
      const size_t end = rest_.find("</" + name + ">");
      if (end == std::string_view::npos) {
        problem_ = name + " has no end";
        return;
      }
      rest_.remove_prefix(end);
    }
    open_.push_back(name);
  }

  bool Value(const std::string& element, const std::string& attribute) {
    if (rest_.empty() || rest_[0] != '=') return true;  // `checked`
    if (rest_.size() < 2 || rest_[1] != '"') {
      problem_ = attribute + " is not quoted";
      return false;
    }
    rest_.remove_prefix(2);
    const size_t end = rest_.find('"');
    if (end == std::string_view::npos) {
      problem_ = attribute + " has no end";
      return false;
    }
    const std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    if (!IsFineText(value)) problem_ = attribute + " is not escaped: " + value;
    if ((attribute == "href" || attribute == "action") &&
        !IsFineAddress(element, value)) {
      problem_ = attribute + " leads to " + value;
    }
    if (attribute == "id" && !ids_.insert(value).second) {
      problem_ = "id " + value + " twice";
    }
    return problem_.empty();
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::set<std::string> ids_;
  std::string problem_;
};

}  // namespace

std::string CheckHtml(std::string_view page) {
  if (ValidUtf8(page) != page) return "not UTF-8";
  if (page.find('\0') != std::string_view::npos) return "a NUL";
  return Checker(page).Check();
}

std::string WithoutStyle(std::string_view page) {
  std::string out(page);
  for (const std::string name : {"style", "script"}) {
    const size_t begin = out.find("<" + name + ">") + name.size() + 2;
    out.replace(begin, out.find("</" + name + ">") - begin, "…");
  }
  constexpr std::string_view kHash = "sha256-";
  for (size_t at = out.find(kHash); at != std::string::npos;
       at = out.find(kHash, at + kHash.size())) {
    const size_t begin = at + kHash.size();
    out.replace(begin, out.find('&', begin) - begin, "…");
  }
  return out;
}

}  // namespace assay::report
