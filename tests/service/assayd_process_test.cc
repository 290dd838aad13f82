// SPDX-License-Identifier: Apache-2.0
// assayd as a process: what operators and the CLI see of it.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace assay::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Reads what comes within ten seconds, up to the first '\n' or the end.
std::string ReadLine(int fd) {
  std::string line;
  pollfd waiting = {.fd = fd, .events = POLLIN, .revents = 0};
  char c = 0;
  while (poll(&waiting, 1, 10000) > 0 && read(fd, &c, 1) == 1 && c != '\n') {
    line.push_back(c);
  }
  return line;
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

// An assayd; killed at the end of the test if it lives.
class Assayd {
 public:
  explicit Assayd(std::vector<std::string> arguments) {
    int ready[2];
    int error[2];
    EXPECT_EQ(pipe2(ready, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(error, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), ASSAY_BIN_DIR "/assayd");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      // As a shell starts it: whoever runs the tests in the background has
      // SIGINT ignored, and so would the server.
      for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        signal(number, SIG_DFL);
      }
      dup2(ready[1], 9);
      dup2(error[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ready[1]);
    close(error[1]);
    ready_ = ready[0];
    error_ = error[0];
  }

  ~Assayd() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    close(ready_);
    close(error_);
  }

  std::string ReadReady() { return ReadLine(ready_); }
  std::string ReadError() { return ReadAll(error_); }
  void Send(int number) { kill(pid_, number); }

  // Returns the exit code, or -1 where it is not out within ten seconds.
  int Wait() {
    int status = 0;
    const auto end = steady_clock::now() + milliseconds(10000);
    while (steady_clock::now() < end) {
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    return -1;
  }

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int ready_ = -1;
  int error_ = -1;
};

class AssaydTest : public testing::Test {
 protected:
  AssaydTest() {
    static int count = 0;
    directory_ = absl::StrCat("/tmp/assayd_test_", getpid(), "_", ++count);
    std::filesystem::create_directories(directory_);
    socket_ = directory_ + "/s";
  }
  ~AssaydTest() override { std::filesystem::remove_all(directory_); }

  // Its own configuration: the machine's /etc/assay must not matter.
  std::vector<std::string> Serving(std::vector<std::string> more) {
    const std::string config = directory_ + "/config.yaml";
    std::ofstream(config) << "server: {store: \"\", log_level: error}\n";
    std::vector<std::string> out = {"--config", config, "--ready-fd", "9"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  std::string directory_;
  std::string socket_;
};

TEST_F(AssaydTest, VersionAndHelp) {
  EXPECT_EQ(Assayd({"--version"}).Wait(), 0);
  EXPECT_EQ(Assayd({"--help"}).Wait(), 0);
  EXPECT_EQ(Assayd({"--no-such-flag"}).Wait(), 2);
  EXPECT_EQ(Assayd({"--ready-fd", "x"}).Wait(), 2);
}

TEST_F(AssaydTest, MistakesOfTheFileAreAllSaid) {
  const std::string config = directory_ + "/bad.yaml";
  std::ofstream(config) << "server:\n  lisen: a\n  drain_grace: x\n";
  Assayd assayd({"--config", config, "--check-config"});
  EXPECT_EQ(assayd.Wait(), 2);
  const std::string error = assayd.ReadError();
  EXPECT_TRUE(absl::StrContains(error, config + ":2:3: error: ")) << error;
  EXPECT_TRUE(absl::StrContains(error, config + ":3:16: error: ")) << error;
}

TEST_F(AssaydTest, CheckConfigOfAGoodFile) {
  std::vector<std::string> arguments = Serving({"--check-config"});
  EXPECT_EQ(Assayd(arguments).Wait(), 0);
}

TEST_F(AssaydTest, AddressesOfOtherMachinesAreRefused) {
  Assayd assayd(Serving({"--listen", "0.0.0.0:0"}));
  EXPECT_EQ(assayd.Wait(), 2);
  EXPECT_TRUE(absl::StrContains(assayd.ReadError(), "--insecure"));
  Assayd insecure(Serving({"--listen", "0.0.0.0:0", "--insecure"}));
  EXPECT_TRUE(absl::StartsWith(insecure.ReadReady(), "READY 0.0.0.0:"));
}

TEST_F(AssaydTest, PasswordOfABadFlagIsNotPrinted) {
  Assayd assayd(Serving({"--connection", "=Pwd=hunter2"}));
  EXPECT_EQ(assayd.Wait(), 2);
  EXPECT_FALSE(absl::StrContains(assayd.ReadError(), "hunter2"));
}

TEST_F(AssaydTest, UnixSocketIsPrivateAndGoesWithTheServer) {
  Assayd assayd(Serving({"--listen", "unix:" + socket_}));
  EXPECT_EQ(assayd.ReadReady(), "READY unix:" + socket_);
  struct stat info = {};
  ASSERT_EQ(stat(socket_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  Assayd second(Serving({"--listen", "unix:" + socket_}));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_TRUE(absl::StrContains(second.ReadError(), "another server"));
  assayd.Send(SIGTERM);
  EXPECT_EQ(assayd.Wait(), 0);
  EXPECT_NE(access(socket_.c_str(), F_OK), 0);
}

TEST_F(AssaydTest, SocketOfAKilledServerIsTakenOver) {
  {
    Assayd assayd(Serving({"--listen", "unix:" + socket_}));
    EXPECT_FALSE(assayd.ReadReady().empty());
  }
  EXPECT_EQ(access(socket_.c_str(), F_OK), 0);
  Assayd next(Serving({"--listen", "unix:" + socket_}));
  EXPECT_EQ(next.ReadReady(), "READY unix:" + socket_);
}

TEST_F(AssaydTest, PortInUseIsSaid) {
  Assayd first(Serving({"--listen", "127.0.0.1:0"}));
  const std::string ready = first.ReadReady();
  ASSERT_TRUE(absl::StartsWith(ready, "READY 127.0.0.1:")) << ready;
  const std::string address = ready.substr(6);
  EXPECT_NE(address, "127.0.0.1:0");
  Assayd second(Serving({"--listen", address}));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_TRUE(absl::StrContains(second.ReadError(), "in use"));
  // A port that was just left is free again.
  first.Send(SIGINT);
  EXPECT_EQ(first.Wait(), 0);
  Assayd third(Serving({"--listen", address}));
  EXPECT_EQ(third.ReadReady(), ready);
}

TEST_F(AssaydTest, SeveralAddresses) {
  Assayd assayd(
      Serving({"--listen", "127.0.0.1:0", "--listen", "unix:" + socket_}));
  const std::string ready = assayd.ReadReady();
  EXPECT_TRUE(absl::StartsWith(ready, "READY 127.0.0.1:")) << ready;
  EXPECT_TRUE(absl::EndsWith(ready, " unix:" + socket_)) << ready;
}

TEST_F(AssaydTest, WithParentItIgnoresInterrupts) {
  Assayd assayd(Serving({"--listen", "unix:" + socket_, "--exit-with-parent"}));
  EXPECT_FALSE(assayd.ReadReady().empty());
  assayd.Send(SIGINT);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(access(socket_.c_str(), F_OK), 0);
  assayd.Send(SIGTERM);
  EXPECT_EQ(assayd.Wait(), 0);
}

TEST_F(AssaydTest, EndsWithItsParent) {
  // A child starts the server and is killed as soon as it serves.
  int alive[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  std::vector<std::string> arguments =
      Serving({"--listen", "unix:" + socket_, "--exit-with-parent"});
  const pid_t parent = fork();
  if (parent == 0) {
    Assayd assayd(arguments);
    const std::string ready = assayd.ReadReady() + "\n";
    const ssize_t ignored = write(alive[1], ready.data(), ready.size());
    (void)ignored;
    pause();
    _exit(0);
  }
  close(alive[1]);
  EXPECT_EQ(ReadLine(alive[0]), "READY unix:" + socket_);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    gone = access(socket_.c_str(), F_OK) != 0;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(gone);
  close(alive[0]);
}

}  // namespace
}  // namespace assay::server
