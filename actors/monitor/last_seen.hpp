// When was this word last said? One flat table a run: the windows of drift ask it for each word of each text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace longwave {

/// Numbers (hashes of words) and the text that had each of them last. Texts are counted from 1. What no text of the window
/// had is forgotten when the table would grow. Not for two threads at once.
class last_seen {
public:
  /// @param window  how many texts back anybody will ask
  explicit last_seen(std::uint32_t window) : window_(window) {}

  /// Notes that text `now` has it.
  /// @param now  1 or more, never less than in the call before
  /// @return the text that had it last, `now` itself included; 0 when none of the last `window` texts did
  std::uint32_t note(std::uint32_t hash, std::uint32_t now) {
    if (slots_.empty() || used_ * 4 > slots_.size() * 3) make_room(now);
    slot& found = find(hash);
    const auto before = found.text;
    if (before == 0) {
      found.hash = hash;
      ++used_;
    }
    found.text = now;
    return before != 0 && now - before <= window_ ? before : 0;
  }

  void clear() {
    slots_.clear();
    used_ = 0;
  }

private:
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t text = 0; ///< 0: nothing here
  };

  slot& find(std::uint32_t hash) {
    const std::size_t mask = slots_.size() - 1;
    // The low bits of an FNV hash depend on the last letters alone.
    std::size_t at = (hash * 2654435761u >> 7) & mask;
    while (slots_[at].text != 0 && slots_[at].hash != hash) at = (at + 1) & mask;
    return slots_[at];
  }

  void make_room(std::uint32_t now) {
    std::vector<slot> kept;
    kept.swap(slots_);
    std::size_t live = 0;
    for (const auto& s : kept) live += s.text != 0 && now - s.text <= window_;
    std::size_t size = 256;
    while (size < 2 * live) size *= 2;
    slots_.resize(size);
    used_ = live;
    for (const auto& s : kept)
      if (s.text != 0 && now - s.text <= window_) find(s.hash) = s;
  }

  std::uint32_t window_;
  std::vector<slot> slots_; ///< a power of two
  std::size_t used_ = 0;
};

} // namespace longwave
