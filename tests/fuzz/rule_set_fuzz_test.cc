// SPDX-License-Identifier: Apache-2.0
// A bounded number of mutations of the corpus through the fuzzers' bodies, so
// that every build runs them. The entries for libFuzzer are not linked here.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#define ASSAY_FUZZ_IN_TEST
#include "tests/fuzz/rule_set_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#include "tests/fuzz/value_fuzz.cc"     // NOLINT(bugprone-suspicious-include)

namespace assay {
namespace {

namespace fs = std::filesystem;

// ASSAY_FUZZ_ITERATIONS=1000000 makes a longer run, with another seed.
int Iterations() {
  const char* text = std::getenv("ASSAY_FUZZ_ITERATIONS");
  return text == nullptr ? 4000
                         : static_cast<int>(std::strtol(text, nullptr, 10));
}

std::vector<std::string> RuleSets() {
  std::vector<std::string> corpus;
  for (const char* folder : {"tests/ruleset/testdata", "rules/examples"}) {
    const fs::path path = fs::path(ASSAY_SOURCE_DIR) / folder;
    if (!fs::is_directory(path)) continue;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() != ".yaml") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream out;
      out << in.rdbuf();
      corpus.push_back(out.str());
    }
  }
  return corpus;
}

// Pieces that mean something to YAML, to SQL, or to values.
constexpr std::string_view kPieces[] = {
    "\n",    "  ",   "- ",    ": ",    ":",      "[",    "]",     "{",
    "}",     ",",    "\"",    "'",     "|\n",    ">-\n", "#",     "&a ",
    "*a",    "!t ",  "? ",    "~",     "null",   "---",  "...",   "\t",
    "%",     "::",   "now()", ":a",    "$$",     "/*",   "--",    "\\",
    "\r\n",  "\xFF", "\xC3",  "0",     "-1",     "1e9",  "1e999", "0.1%",
    "24h",   "<<",   "where", "rules", "range:", "e",    ".",     "+",
    "2026-", "T",    "Z",     "\x01",  "1e1000", "inf",  "NaN",   "é"};

std::string Mutated(std::string text, const std::vector<std::string>& corpus,
                    std::mt19937_64& random) {
  for (uint64_t n = 1 + random() % 6; n > 0; --n) {
    const size_t at = random() % (text.size() + 1);
    const size_t size = random() % 12;
    switch (random() % 6) {
      case 0:
        text.erase(at, size);
        break;
      case 1:
        text.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.insert(at, text.substr(random() % (text.size() + 1), 40));
        break;
      case 4: {
        const std::string& other = corpus[random() % corpus.size()];
        text.insert(at, other.substr(random() % (other.size() + 1), 60));
        break;
      }
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST(RuleSetFuzz, SurvivesMutations) {
  const std::vector<std::string> corpus = RuleSets();
  ASSERT_FALSE(corpus.empty());
  const int iterations = Iterations();
  std::mt19937_64 random(iterations);
  for (int i = 0; i < iterations; ++i) {
    FuzzRuleSet(Mutated(corpus[random() % corpus.size()], corpus, random));
  }
}

TEST(RuleSetFuzz, SurvivesNoise) {
  const int iterations = Iterations();
  std::mt19937_64 random(iterations + 1);
  for (int i = 0; i < iterations; ++i) {
    std::string text;
    for (uint64_t n = random() % 40; n > 0; --n) {
      text += kPieces[random() % std::size(kPieces)];
    }
    FuzzRuleSet(text);
  }
}

TEST(RuleSetFuzz, TerminatesOnRepetition) {
  for (const std::string_view piece : kPieces) {
    for (const char* head : {"", "a: ", "- ", "version: 1\nname: "}) {
      std::string text = head;
      while (text.size() < 20000) text += piece;
      FuzzRuleSet(text);
    }
  }
}

TEST(ValueFuzz, SurvivesMutations) {
  const std::vector<std::string> corpus = {"1234567890.0987654321",
                                           "-1e308",
                                           "2026-11-23T10:00:00.5+02:00",
                                           "9223372036854775807",
                                           "NaN",
                                           "123e4567-e89b-12d3-a456-"
                                           "426614174000",
                                           "-838:59:59.999999",
                                           "\\xdeadbeef",
                                           "true",
                                           "1w2d3h4m5s6ms7us",
                                           "0001-01-01",
                                           "9999-12-31 23:59:59.999999"};
  const int iterations = Iterations();
  std::mt19937_64 random(iterations + 2);
  for (int i = 0; i < 20 * iterations; ++i) {
    std::string text(1, static_cast<char>(random() % 13));
    const std::string& seed = corpus[random() % corpus.size()];
    text += random() % 3 == 0 ? seed : Mutated(seed, corpus, random);
    FuzzValue(text);
  }
}

}  // namespace
}  // namespace assay
