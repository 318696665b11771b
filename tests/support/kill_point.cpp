// What a kill point does in the test build: count, and end the process when it is its turn.
//
// LONGWAVE_KILL_POINT=NAME:N   ends the process at the N-th time that NAME is passed
// LONGWAVE_KILL_COUNTS=FILE    appends "NAME N" for every point passed to FILE when the process ends in order
#include "messages/kill_point.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include <pthread.h>

/// Threads have no names here, for the reason that engine_trial.cpp gives.
extern "C" int pthread_setname_np(pthread_t, const char*) noexcept { return 0; }

namespace longwave {

namespace {

class points {
public:
  points() {
    if (const char* wanted = std::getenv("LONGWAVE_KILL_POINT")) {
      const std::string text = wanted;
      const auto colon = text.rfind(':');
      name_ = text.substr(0, colon);
      turn_ = colon == std::string::npos ? 1 : std::strtoull(text.c_str() + colon + 1, nullptr, 10);
    }
  }
  ~points() {
    const char* path = std::getenv("LONGWAVE_KILL_COUNTS");
    std::FILE* out = path ? std::fopen(path, "a") : nullptr;
    if (!out) return;
    for (const auto& [name, n] : passed_) std::fprintf(out, "%s %llu\n", name.c_str(), n);
    std::fclose(out);
  }

  void pass(const char* name) {
    const std::lock_guard guard(mutex_);
    // With the lock held: no other thread passes a point while this process ends.
    if (++passed_[name] == turn_ && name_ == name) ::raise(SIGKILL);
  }

private:
  std::mutex mutex_;
  std::map<std::string, unsigned long long> passed_;
  std::string name_;
  unsigned long long turn_ = 0;
};

points& all() {
  static points one;
  return one;
}

} // namespace

void kill_point(const char* name) noexcept { all().pass(name); }

} // namespace longwave
