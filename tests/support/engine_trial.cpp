// Runs an engine the way cli/run_here does, over watched files.
#include "tests/support/engine_trial.hpp"

#include "cli/engine_host.hpp"
#include "cli/run_options.hpp"
#include "storage/audit.hpp"
#include "storage/recovery.hpp"
#include "storage/stored_metadata.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/// Nobody looks at the names of threads here. RocksDB gives them by looking each thread up below /proc, and when all of them
/// end at once the kernel is long busy with forgetting that: half of the time of thousands of short lives side by side.
extern "C" int pthread_setname_np(pthread_t, const char*) noexcept { return 0; }

namespace longwave::tests {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr const char* run_id = "twin";
constexpr auto longest_life = 60s;

/// Counts lines as they are appended to segments.jsonl: published means committed.
class counting_calls final : public storage::file_calls {
public:
  counting_calls(storage::file_calls& inner, std::uint64_t* published) : inner_(inner), published_(published) {}
  int open(const char* path, int flags, unsigned mode) override {
    const int fd = inner_.open(path, flags, mode);
    if (fd >= 0 && (flags & O_APPEND) != 0 && std::string_view(path).ends_with("segments.jsonl")) log_ = fd;
    return fd;
  }
  long write(int fd, const void* bytes, std::size_t count) override {
    const auto written = inner_.write(fd, bytes, count);
    if (published_ != nullptr && fd == log_ && written == static_cast<long>(count)) {
      const std::string_view text(static_cast<const char*>(bytes), count);
      // The last line's number, whatever was appended again by a recovery.
      const auto at = text.rfind("\"seq\":");
      if (at != std::string_view::npos) *published_ = std::max<std::uint64_t>(*published_, std::strtoull(text.data() + at + 6, nullptr, 10));
    }
    return written;
  }
  int sync(int fd) override { return inner_.sync(fd); }
  int close(int fd) override {
    if (fd == log_) log_ = -1;
    return inner_.close(fd);
  }
  int rename(const char* from, const char* to) override { return inner_.rename(from, to); }
  int truncate(int fd, std::int64_t length) override { return inner_.truncate(fd, length); }

private:
  storage::file_calls& inner_;
  std::uint64_t* published_;
  int log_ = -1;
};

/// What the engine's threads tell.
struct ending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<run_outcome> outcome;
  std::optional<failure> refused;
  std::string collapse;
  bool paused = false;
};

trial_end audit_now(const storage::store& s, const fs::path& output, std::string& why) {
  const auto head = s.head(run_id);
  const auto report = head ? storage::audit_run(s, run_id, output, head.value().seq, storage::stored_metadata(s))
                           : result<storage::audit_report>(head.error());
  if (!report) {
    why = to_string(report.error());
    return trial_end::unsound;
  }
  for (const auto& difference : report.value().differences) why += difference + "\n";
  return report.value().ok ? trial_end::completed : trial_end::unsound;
}

} // namespace

engine_trial::engine_trial(const std::vector<std::string>& words) {
  const auto kind = words.front() == "stories" ? run_kind::stories : run_kind::broadcast;
  auto args = std::vector<std::string>(words.begin() + 1, words.end());
  args.insert(args.end(), {"--clock", "virtual", "--disk-floor", "0", "--run-id", run_id});
  auto parsed = cli::parse_run_options(kind, args);
  if (!parsed) throw std::runtime_error(to_string(parsed.error()));
  auto prepared = cli::prepare_run(parsed.value().options, "/nowhere", nullptr, std::make_shared<host_clock>());
  if (!prepared) throw std::runtime_error(to_string(prepared.error()));
  setup_ = prepared.value().setup;
}

trial_end engine_trial::play(const fs::path& output, const life& how, std::string& why) const {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("trial", std::make_shared<spdlog::sinks::null_sink_mt>()));
  counting_calls calls(how.output_files ? *how.output_files : storage::system_file_calls(), how.published);
  const auto data_dir = output / ".longwave";
  const auto refuse = [&](const failure& f) {
    why = to_string(f);
    return trial_end::refused;
  };
  auto held = cli::look_at_store(data_dir, how.store_files);
  if (!held) return refuse(held.error());
  auto setup = std::make_shared<run_setup>(*setup_);
  auto config = std::make_shared<run_config>(*setup_->config);
  config->output = output.string();
  setup->config = config;
  cli::prepared_run run;
  run.setup = setup;
  if (held.value().store) {
    const auto head = held.value().store->head(run_id);
    if (!head && head.error().code != error_code::not_found) return refuse(head.error());
    run.known = static_cast<bool>(head);
    run.done = head ? head.value().seq : 0;
  }
  if (how.published != nullptr && run.done < *how.published) {
    why = "the store ends at segment " + std::to_string(run.done) + ", " + std::to_string(*how.published) + " were published";
    return trial_end::lost;
  }
  if (run.known)
    if (auto sound = storage::check_start(*held.value().store, run_id, output, look_back()); !sound) return refuse(sound.error());
  if (auto opened = cli::hold_store(held.value(), data_dir, how.store_files); !opened) return refuse(opened.error());

  ending end;
  cli::host_options options;
  options.data_dir = data_dir;
  options.workers = 1;
  options.clock = setup->clock;
  options.files = &calls;
  options.on_collapse = [&](const std::string& collapse) {
    const std::lock_guard guard(end.mutex);
    end.collapse = collapse;
    end.changed.notify_one();
  };
  options.on_status = [&](const std::string&, const std::string& json) {
    const std::lock_guard guard(end.mutex);
    end.paused = json.find("\"state\": \"paused\"") != std::string::npos;
    end.changed.notify_one();
  };
  auto host = cli::engine_host::start(std::move(held.value()), options);
  if (!host) return refuse(host.error());
  auto submitted = host.value()->submit(
    run, true,
    [&](result<void> started) {
      if (started) return;
      const std::lock_guard guard(end.mutex);
      end.refused = started.error();
      end.changed.notify_one();
    },
    [&](run_outcome outcome) {
      const std::lock_guard guard(end.mutex);
      end.outcome = std::move(outcome);
      end.changed.notify_one();
    });
  if (!submitted) return refuse(submitted.error());
  std::unique_lock lock(end.mutex);
  const auto over = [&] { return end.outcome || end.refused || !end.collapse.empty(); };
  bool helped = false, stopping = false;
  const auto deadline = std::chrono::steady_clock::now() + longest_life;
  while (!over()) {
    if (!end.changed.wait_until(lock, deadline, [&] { return over() || (end.paused && !helped && !stopping); })) {
      why = "it never ended";
      ::_exit(static_cast<int>(trial_end::failed));
    }
    if (over()) break;
    lock.unlock();
    if (how.on_pause && how.on_pause())
      helped = true;
    else
      stopping = true, host.value()->stop(stop_mode::immediate);
    lock.lock();
  }
  lock.unlock();
  if (end.refused) return refuse(*end.refused);
  if (!end.collapse.empty() || end.outcome->failed) {
    why = end.collapse.empty() ? to_string(end.outcome->why) : end.collapse;
    return trial_end::failed;
  }
  if (end.outcome->state != run_state::completed) {
    why = "ended as " + std::string(to_string(end.outcome->state));
    return trial_end::stopped;
  }
  return how.audit ? audit_now(*host.value()->store(), output, why) : trial_end::completed;
}

int in_child(const fs::path& log, const std::function<int(std::string& why)>& act) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    std::string why;
    int code = 1;
    try {
      code = act(why);
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (!why.empty()) std::ofstream(log) << why;
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string in_workers(std::uint64_t count, unsigned workers, const fs::path& folder,
                       const std::function<std::string(std::uint64_t)>& each) {
  std::vector<pid_t> crew;
  const auto log_of = [&](unsigned w) { return folder / ("worker" + std::to_string(w) + ".faults"); };
  for (unsigned w = 0; w < workers; ++w) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
      std::string fault;
      try {
        for (std::uint64_t i = w; i < count && fault.empty(); i += workers)
          if (fault = each(i); !fault.empty()) fault = "case " + std::to_string(i) + ": " + fault + "\n";
      } catch (const std::exception& e) {
        fault = e.what();
      }
      std::ofstream(log_of(w)) << fault;
      ::_exit(fault.empty() ? 0 : 1);
    }
    crew.push_back(child);
  }
  std::string all;
  for (unsigned w = 0; w < workers; ++w) {
    int status = 0;
    while (::waitpid(crew[w], &status, 0) < 0 && errno == EINTR) {
    }
    std::ifstream in(log_of(w));
    all.append(std::istreambuf_iterator<char>(in), {});
    if (!WIFEXITED(status)) all += "a worker died of signal " + std::to_string(WTERMSIG(status)) + "\n";
  }
  return all;
}

shared_number::shared_number()
  : at_(static_cast<std::uint64_t*>(::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (at_ == MAP_FAILED) throw std::runtime_error("cannot map memory");
}

shared_number::~shared_number() { ::munmap(at_, sizeof(std::uint64_t)); }

} // namespace longwave::tests
