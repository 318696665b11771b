// Runs the misbehaving model server as a child process for one test case.
//
// The executable's path comes from LONGWAVE_FAULT_SERVER; every instance has a free port and a log of its own.
#pragma once

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace longwave::test {

class fault_server {
public:
  /// Starts the server and waits for its port. Throws when it cannot: a test without its server has failed.
  explicit fault_server(std::vector<std::string> options) {
    const char* const program = std::getenv("LONGWAVE_FAULT_SERVER");
    if (!program) throw std::runtime_error("LONGWAVE_FAULT_SERVER does not name the fault server");
    char folder[] = "/tmp/longwave-fault-XXXXXX";
    if (!::mkdtemp(folder)) throw std::runtime_error("cannot make a folder for the fault server's log");
    folder_ = folder;
    options.insert(options.begin(), program);
    options.insert(options.end(), {"--log", log_path(), "--log-ends"});
    std::vector<char*> arguments;
    for (auto& option : options) arguments.push_back(option.data());
    arguments.push_back(nullptr);
    int out[2];
    if (::pipe(out) != 0) throw std::runtime_error("cannot make a pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(out[1], STDOUT_FILENO);
      ::close(out[0]);
      ::close(out[1]);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(out[1]);
    std::string line;
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
    ::close(out[0]);
    if (pid_ < 0 || line.empty()) throw std::runtime_error("the fault server did not start");
    port_ = std::stoi(line);
  }

  ~fault_server() {
    stop();
    ::unlink(log_path().c_str());
    ::rmdir(folder_.c_str());
  }

  fault_server(const fault_server&) = delete;
  fault_server& operator=(const fault_server&) = delete;

  /// Kills the server; its port then refuses connections.
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }

  int port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_);
  }

  /// The log's lines of one kind ("request", "end") so far.
  std::vector<nlohmann::json> logged(const std::string& event) const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(log_path());
    for (std::string line; std::getline(file, line);) {
      auto object = nlohmann::json::parse(line, nullptr, false);
      if (object.is_object() && object.value("event", "") == event) lines.push_back(std::move(object));
    }
    return lines;
  }

  /// The whole log, in the order of events.
  std::string log_file() const { return log_path(); }

private:
  std::string log_path() const { return folder_ + "/requests.jsonl"; }

  std::string folder_;
  pid_t pid_ = -1;
  int port_ = 0;
};

} // namespace longwave::test
