// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tests/diff/integration/read_form_fixture.h"

namespace assay::diff {
namespace {

class ReadTextTest : public ReadFormTest {};

TEST_F(ReadTextTest, Text) {
  const auto everywhere = [](const std::string& text) {
    return std::vector<Stored>{
        Pg("text", text), Pg("varchar", text), Maria("LONGTEXT", text),
        Maria("VARCHAR(100)", text),
        Maria("VARCHAR(100) CHARACTER SET utf16", text), Lite("TEXT", text)};
  };
  Check(everywhere("'\xF0\x9F\x98\x80 \xC3\xA4\xE2\x82\xAC'"),
        everywhere("'\xF0\x9F\x98\x81 \xC3\xA4\xE2\x82\xAC'"));
  // Composed and decomposed.
  Check(everywhere("'\xC3\xA4'"), everywhere("'a\xCC\x88'"));
  Check(everywhere("'a\nb\r\n\tc\\n''\"%'"), everywhere("'a\nb\n\tc\\n''\"%'"));
  Check(everywhere("'a '"), everywhere("'a'"));
  Check(everywhere("'a'"), everywhere("'A'"));
  Check(everywhere("''"), everywhere("NULL"));
  Check(everywhere("''"), everywhere("' '"));
  Check(everywhere("'NULL'"), everywhere("NULL"));
  Check(everywhere("'X''41'''"), everywhere("'A'"));
  Check({Maria("VARCHAR(9) CHARACTER SET latin1", "'\xC3\xA4'"),
         Maria("TEXT CHARACTER SET ucs2", "'\xC3\xA4'"),
         Maria("VARCHAR(9) COLLATE utf8mb4_bin", "'\xC3\xA4'"),
         Pg("text", "'\xC3\xA4'"), Lite("VARCHAR(9)", "'\xC3\xA4'")},
        {Maria("VARCHAR(9) CHARACTER SET latin1", "'\xC3\xB6'"),
         Lite("TEXT", "x'C3A4'"), Pg("text", "'\xC3\x84'")});
  // char(n) is without its padding on all three.
  Check({Pg("char(5)", "'ab'"), Maria("CHAR(5)", "'ab'"), Pg("text", "'ab'"),
         Pg("name", "'ab'"), Lite("CHAR(5)", "'ab'")},
        {Pg("varchar(5)", "'ab '"), Maria("VARCHAR(5)", "'ab '"),
         Lite("CHAR(5)", "'ab '")});
  // A zero byte, which only SQLite takes.
  Check({Lite("TEXT", "'a' || char(0) || 'b'")},
        {Pg("text", "'a'"), Lite("TEXT", "'a'"), Pg("text", "'ab'"),
         Lite("TEXT", "'a' || char(0) || 'c'")});
}

TEST_F(ReadTextTest, LongText) {
  std::string text;
  while (text.size() < (1 << 20)) {
    absl::StrAppend(&text, text.size(), " \xC3\xA4\xF0\x9F\x98\x80\n");
  }
  const auto everywhere = [](const std::string& literal) {
    return std::vector<Stored>{Pg("text", literal), Maria("LONGTEXT", literal),
                               Lite("TEXT", literal)};
  };
  Check(everywhere("'" + text + "'"), everywhere("'" + text + "x'"));
  Check(everywhere("'" + text + "a'"), everywhere("'" + text + "b'"));
}

TEST_F(ReadTextTest, Blobs) {
  const auto everywhere = [](const std::string& hex) {
    return std::vector<Stored>{
        Pg("bytea", "'\\x" + hex + "'"), Maria("LONGBLOB", "x'" + hex + "'"),
        Maria("VARBINARY(2000)", "x'" + hex + "'"),
        Lite("BLOB", "x'" + hex + "'")};
  };
  Check(everywhere("00ff4100"), everywhere("00ff4101"));
  Check(everywhere("00ff4100"), everywhere("00ff41"));
  Check(everywhere(""), everywhere("00"));
  Check(everywhere(""), {Pg("bytea", "NULL"), Maria("BLOB", "NULL"),
                         Lite("BLOB", "NULL"), Lite("BLOB", "''")});
  Check({Maria("BINARY(4)", "x'4100'"), Pg("bytea", "'\\x41000000'")},
        {Maria("VARBINARY(4)", "x'4100'")});
  std::string hex;
  while (hex.size() < (2 << 20)) {
    absl::StrAppendFormat(&hex, "%08x", hex.size());
  }
  Check({Pg("bytea", "'\\x" + hex + "'"), Maria("LONGBLOB", "x'" + hex + "'"),
         Lite("BLOB", "x'" + hex + "'")},
        {Pg("bytea", "'\\x" + hex + "00'"),
         Maria("LONGBLOB", "x'" + hex + "00'"),
         Lite("BLOB", "x'" + hex + "00'")});
}

TEST_F(ReadTextTest, Uuids) {
  const std::string text = "123e4567-e89b-12d3-a456-426614174000";
  const std::string upper = "123E4567-E89B-12D3-A456-426614174000";
  const std::string other = "123e4567-e89b-12d3-a456-426614174001";
  const std::string hex = absl::StrReplaceAll(text, {{"-", ""}});
  Check({Pg("uuid", "'" + text + "'"), Pg("uuid", "'" + upper + "'"),
         Maria("UUID", "'" + upper + "'")},
        {Pg("uuid", "'" + other + "'"), Maria("UUID", "'" + other + "'"),
         Pg("text", "'" + other + "'"), Maria("CHAR(36)", "'" + other + "'"),
         Pg("uuid", "NULL"), Maria("BINARY(16)", "x'" + hex.substr(2) + "01'"),
         Lite("TEXT", "'" + text + "x'")});
  for (const Stored& stored :
       {Pg("text", "'" + upper + "'"), Maria("CHAR(36)", "'" + upper + "'"),
        Maria("CHAR(32)", "'" + hex + "'"), Lite("UUID", "'" + upper + "'"),
        Maria("BINARY(16)", "x'" + hex + "'"), Lite("BLOB", "x'" + hex + "'"),
        Pg("bytea", "'\\x" + hex + "'")}) {
    Check({Pg("uuid", "'" + text + "'"), stored}, {});
    Check({Maria("UUID", "'" + text + "'"), stored}, {});
  }
}

TEST_F(ReadTextTest, Json) {
  const std::string a =
      R"('{"b":[1.0,"ä\n","\u00e4"],"a":12345678901234567890.10}')";
  const std::string same =
      R"('{"a": 12345678901234567890.1, "b": [1, "\u00e4\n", "ä"]}')";
  const std::string other =
      R"('{"a": 12345678901234567890.2, "b": [1, "\u00e4\n", "ä"]}')";
  Check({Pg("json", a), Pg("jsonb", same), Pg("jsonb", a)},
        {Pg("json", other), Pg("jsonb", other), Maria("JSON", other),
         Lite("JSON", other), Pg("json", "NULL"), Pg("json", "'null'")});
  for (const Stored& stored : {Maria("JSON", a), Maria("LONGTEXT", same),
                               Lite("JSON", a), Pg("text", same)}) {
    Check({Pg("jsonb", a), stored}, {});
    Check({Pg("json", same), stored}, {});
  }
  ColumnPolicy policy;
  policy.as = TypeClass::kJson;
  Check({Maria("JSON", a), Maria("JSON", same), Lite("TEXT", same)},
        {Maria("JSON", other)}, &policy);
}

TEST_F(ReadTextTest, EnumsAndSets) {
  Check({Pg("diff_mood", "'so, so'"), Maria("ENUM('ok', 'so, so')", "'so, so'"),
         Maria("ENUM('so, so', 'ok')", "'so, so'"), Lite("TEXT", "'so, so'"),
         Pg("text", "'so, so'")},
        {Pg("diff_mood", "'ok'"), Maria("ENUM('ok', 'so, so')", "'ok'"),
         Maria("ENUM('so', 'OK')", "'so'"), Pg("diff_mood", "NULL")});
  Check({Maria("SET('x', 'y', '\xC3\xA4')", "'\xC3\xA4,x'"),
         Pg("text", "'x,\xC3\xA4'")},
        {Maria("SET('x', 'y', '\xC3\xA4')", "'x'"),
         Maria("SET('x', 'y', '\xC3\xA4')", "''")});
  Check({Maria("SET('x')", "''"), Pg("text", "''")},
        {Maria("SET('x')", "NULL")});
}

TEST_F(ReadTextTest, ArraysAndTheirLike) {
  Check({Pg("integer[]", "'{1,2,NULL}'"), Pg("integer[]", "ARRAY[1,2,NULL]")},
        {Pg("integer[]", "'{1,2}'"), Pg("text", "'{1,2}'"),
         Maria("TEXT", "'{1,2,3}'"), Pg("integer[]", "'{}'"),
         Pg("integer[]", "NULL")});
  Check({Pg("text[]", "ARRAY['a,b','c']"), Maria("TEXT", "'{\"a,b\",c}'")}, {});
  Check({Pg("text[]", "ARRAY['a,b','c']")}, {Pg("text[]", "ARRAY['a','b,c']")});
  Check({Pg("inet", "'10.0.0.1/24'")}, {Pg("inet", "'10.0.0.1/25'")});
  Check({Pg("inet", "'::1'"), Maria("VARCHAR(50)", "'::1'")}, {});
  Check({Maria("INET6", "'::1'"), Pg("text", "'::1'")},
        {Maria("INET6", "'::2'")});
  Check({Pg("interval", "'1 day'")}, {Pg("interval", "'24 hours'")});
  Check({Maria("POINT", "POINT(1, 2)")}, {Maria("POINT", "POINT(1, 3)")});
}

}  // namespace
}  // namespace assay::diff
