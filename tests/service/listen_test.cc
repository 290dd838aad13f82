// SPDX-License-Identifier: Apache-2.0
#include "validator/server/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace assay::server {
namespace {

bool Says(const absl::Status& status, const std::string& words) {
  return !status.ok() && absl::StrContains(status.message(), words);
}

TEST(ListenTest, LoopbackAndUnixAreTaken) {
  for (const char* text :
       {"127.0.0.1:7433", "127.9.9.9:0", "[::1]:7433", "localhost:65535",
        "unix:/run/assay.sock", "unix:///run/assay.sock"}) {
    const auto address = ParseListenAddress(text, Reach::kThisMachine);
    EXPECT_TRUE(address.ok()) << address.status();
  }
  EXPECT_EQ(ParseListenAddress("unix:///a", Reach::kThisMachine)->unix_path,
            "/a");
}

TEST(ListenTest, WhatOthersReachNeedsInsecure) {
  for (const char* text : {"0.0.0.0:7433", "[::]:7433", ":7433", "*:7433",
                           "192.0.2.7:1", "[2001:db8::1]:1", "0:7433"}) {
    const auto refused = ParseListenAddress(text, Reach::kThisMachine);
    EXPECT_TRUE(Says(refused.status(), "--insecure")) << text;
    EXPECT_TRUE(ParseListenAddress(text, Reach::kAnywhere).ok()) << text;
  }
}

TEST(ListenTest, MalformedAddresses) {
  for (const char* text :
       {"", "7433", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1",
        "127.0.0.1:65536", "127.0.0.1:80 ", "::1:7433", "unix:", "unix:a",
        "unix-abstract:a", "no such host:1"}) {
    EXPECT_FALSE(ParseListenAddress(text, Reach::kThisMachine).ok()) << text;
  }
  const std::string longest = "unix:/" + std::string(200, 'x');
  EXPECT_TRUE(Says(ParseListenAddress(longest, Reach::kThisMachine).status(),
                   "longer than 107"));
}

class UnixSocketTest : public testing::Test {
 protected:
  UnixSocketTest() {
    path_ = absl::StrCat("/tmp/assay_listen_", getpid(), ".sock");
    unlink(path_.c_str());
    address_ = *ParseListenAddress("unix:" + path_, Reach::kThisMachine);
  }
  ~UnixSocketTest() override { unlink(path_.c_str()); }

  int Bind() {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    path_.copy(to.sun_path, sizeof(to.sun_path) - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    return fd;
  }

  std::string path_;
  ListenAddress address_;
};

TEST_F(UnixSocketTest, FreePathIsFine) {
  EXPECT_TRUE(PrepareToListen(address_).ok());
}

TEST_F(UnixSocketTest, LiveServerKeepsItsSocket) {
  const int fd = Bind();
  EXPECT_TRUE(Says(PrepareToListen(address_), "another server"));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
  close(fd);
}

TEST_F(UnixSocketTest, StaleSocketIsRemoved) {
  close(Bind());
  EXPECT_TRUE(PrepareToListen(address_).ok());
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, OtherFilesAreLeftAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_TRUE(Says(PrepareToListen(address_), "is no socket"));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, MissingDirectoryIsSaid) {
  const auto address =
      ParseListenAddress("unix:/no/such/directory/s", Reach::kThisMachine);
  EXPECT_TRUE(Says(PrepareToListen(*address), "No such file"));
}

TEST_F(UnixSocketTest, OnlyTheOwnerMayConnect) {
  const int fd = Bind();
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  EXPECT_TRUE(RestrictSocket(address_).ok());
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  close(fd);
}

}  // namespace
}  // namespace assay::server
