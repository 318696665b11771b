// Lines, lists, cells; see lore_file.hpp.
#include "storage/lore_file.hpp"

#include <nlohmann/json.hpp>
#include <utf8.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

std::optional<std::size_t> invalid_byte(std::string_view text) {
  const auto bad = utf8::find_invalid(text.begin(), text.end());
  if (bad == text.end()) return std::nullopt;
  return static_cast<std::size_t>(bad - text.begin());
}

failure unreadable(const fs::path& file, std::string why, std::string remedy = "check the file") {
  return {error_code::bad_input, "cannot read catalogue " + file.string(), std::move(why), std::move(remedy)};
}

/// nlohmann's message without its prefix of brackets.
std::string parse_complaint(const json::exception& e) {
  std::string why = e.what();
  if (const auto end = why.find("] "); end != std::string::npos) why.erase(0, end + 2);
  std::replace(why.begin(), why.end(), '\n', ' ');
  if (why.size() > 200) why.resize(200);
  return why;
}

void give_text_row(std::string_view text, std::uint64_t line, const row_sink& sink) {
  if (const auto bad = invalid_byte(text)) {
    const row_fault fault{"not_utf8", "byte " + std::to_string(*bad + 1) + " of the line is not UTF-8"};
    return sink(line, nullptr, &fault);
  }
  json value;
  try {
    value = json::parse(text);
  } catch (const json::exception& e) {
    const row_fault fault{"bad_json", parse_complaint(e)};
    return sink(line, nullptr, &fault);
  }
  if (!read_chroma_export(value, line, sink)) sink(line, &value, nullptr);
}

/// Lines of a stream, each at most so long; a longer one comes back cut, with `too_long` set.
class line_source {
public:
  line_source(std::istream& in, std::size_t limit) : in_(in), limit_(limit) {}

  bool next(std::string& line, bool& too_long) {
    line.clear();
    too_long = false;
    bool any = false;
    char buffer[1 << 16];
    while (true) {
      in_.getline(buffer, sizeof buffer);
      const auto count = static_cast<std::size_t>(in_.gcount());
      const bool full = in_.fail() && !in_.eof() && count == sizeof buffer - 1;
      if (count == 0 && (in_.eof() || (in_.fail() && !full))) break;
      any = true;
      const bool ended = !full && !in_.eof();
      const auto length = ended ? count - 1 : count;
      if (line.size() + length <= limit_)
        line.append(buffer, length);
      else
        too_long = true;
      if (!full) break;
      in_.clear(in_.rdstate() & ~std::ios::failbit);
    }
    if (any) ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return any;
  }

  std::uint64_t number() const noexcept { return number_; }

private:
  std::istream& in_;
  std::size_t limit_;
  std::uint64_t number_ = 0;
};

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

row_fault too_long_line(std::size_t limit) {
  return {"too_large", "the line is longer than " + std::to_string(limit >> 20) + " MB"};
}

void read_lines(std::istream& in, const row_sink& sink, const lore_file_limits& limits) {
  line_source lines(in, limits.line_bytes);
  std::string line;
  bool too_long = false;
  while (lines.next(line, too_long)) {
    std::string_view text = line;
    if (lines.number() == 1 && text.substr(0, 3) == utf8_mark) text.remove_prefix(3);
    if (too_long) {
      const auto fault = too_long_line(limits.line_bytes);
      sink(lines.number(), nullptr, &fault);
    } else if (!blank(text)) {
      give_text_row(text, lines.number(), sink);
    }
  }
}

// -- CSV ------------------------------------------------------------------------------------------------------------

/// One record of a CSV file, which may span lines.
struct csv_record {
  std::vector<std::string> cells;
  std::uint64_t line = 0;
  bool unclosed = false;
  bool too_long = false;
};

class csv_source {
public:
  csv_source(std::istream& in, std::size_t limit) : lines_(in, limit), limit_(limit) {}

  char separator = ',';

  bool next(csv_record& record) {
    record = {};
    std::string line;
    bool too_long = false;
    do {
      if (!lines_.next(line, too_long)) return false;
      if (lines_.number() == 1 && std::string_view(line).substr(0, 3) == utf8_mark) line.erase(0, 3);
    } while (blank(line) && !too_long);
    record.line = lines_.number();
    record.too_long = too_long;
    if (record.line == 1) choose_separator(line);
    read_cells(record, line);
    return true;
  }

private:
  void choose_separator(std::string_view header) {
    for (const char c : {',', '\t', ';'})
      if (header.find(c) != std::string_view::npos) {
        separator = c;
        return;
      }
  }

  void read_cells(csv_record& record, std::string line) {
    std::string cell;
    std::size_t size = 0;
    bool quoted = false;
    for (std::size_t i = 0;; ++i) {
      if (i >= line.size()) {
        if (!quoted) break;
        bool too_long = false;
        if (!lines_.next(line, too_long) || too_long || size > limit_) {
          record.unclosed = !too_long && size <= limit_;
          record.too_long = !record.unclosed;
          break;
        }
        cell += '\n';
        i = static_cast<std::size_t>(-1);
        continue;
      }
      const char c = line[i];
      ++size;
      if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
        cell += '"';
        ++i;
      } else if (c == '"' && (quoted || cell.empty())) {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        record.cells.push_back(std::move(cell));
        cell.clear();
      } else {
        cell += c;
      }
    }
    record.cells.push_back(std::move(cell));
  }

  line_source lines_;
  std::size_t limit_;
};

/// A column as a message may show it: by its place when its name would break the line.
std::string shown_column(const std::vector<std::string>& names, std::size_t i) {
  const auto& name = names[i];
  const bool breaks = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return breaks ? "column " + std::to_string(i + 1) : "\"" + name + "\"";
}

/// A cell as a value: text, but lists and objects where the column holds them.
json cell_value(const std::string& name, const std::string& cell) {
  if (name != "acts" && name != "metadata") return cell;
  auto parsed = json::parse(cell, nullptr, false);
  return parsed.is_discarded() ? json(cell) : parsed;
}

void give_csv_row(const std::vector<std::string>& names, const csv_record& record, const row_sink& sink,
                  std::size_t limit) {
  std::optional<row_fault> fault;
  if (record.too_long)
    fault = too_long_line(limit);
  else if (record.unclosed)
    fault = row_fault{"bad_csv", "a quote is never closed"};
  else if (record.cells.size() != names.size())
    fault = row_fault{"bad_csv", "has " + std::to_string(record.cells.size()) + " fields, the first line names " +
                                   std::to_string(names.size())};
  for (std::size_t i = 0; i < record.cells.size() && !fault; ++i)
    if (invalid_byte(record.cells[i])) fault = row_fault{"not_utf8", "field " + shown_column(names, i) + " is not UTF-8"};
  if (fault) return sink(record.line, nullptr, &*fault);
  json value = json::object();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!blank(record.cells[i])) value[names[i]] = cell_value(names[i], record.cells[i]);
  sink(record.line, &value, nullptr);
}

result<void> read_csv(std::istream& in, const row_sink& sink, const lore_file_limits& limits) {
  csv_source source(in, limits.line_bytes);
  csv_record header;
  if (!source.next(header)) return ok();
  if (header.too_long) return failure{error_code::bad_input, "line 1", too_long_line(limits.line_bytes).why, "name the columns in the first line"};
  if (header.unclosed)
    return failure{error_code::bad_input, "line 1", "opens a quote that is never closed", "close it, or leave quotes out"};
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    auto& name = header.cells[i];
    if (invalid_byte(name))
      return failure{error_code::bad_input, "line 1", "is not UTF-8", "convert the file to UTF-8"};
    const auto begin = name.find_first_not_of(" \t");
    name = begin == std::string::npos ? std::string() : name.substr(begin, name.find_last_not_of(" \t") - begin + 1);
    if (std::count(header.cells.begin(), header.cells.end(), name) > 1 && !name.empty())
      return failure{error_code::bad_input, "line 1", "names " + shown_column(header.cells, i) + " twice",
                     "give every column a name of its own"};
  }
  csv_record record;
  while (source.next(record)) give_csv_row(header.cells, record, sink, limits.line_bytes);
  return ok();
}

// -- JSON -----------------------------------------------------------------------------------------------------------

result<void> read_list(const json& list, const row_sink& sink) {
  std::uint64_t number = 0;
  for (const auto& item : list) sink(++number, &item, nullptr);
  return ok();
}

result<void> read_whole(const json& value, const row_sink& sink) {
  if (value.is_array()) return read_list(value, sink);
  if (read_chroma_export(value, 1, sink)) return ok();
  if (!value.is_object())
    return failure{error_code::bad_input, "the file", "holds no records", "give a list of objects"};
  for (const auto* name : {"records", "stories", "segments"})
    if (value.contains(name) && value[name].is_array()) return read_list(value[name], sink);
  sink(1, &value, nullptr);
  return ok();
}

/// The list itself, or the only list in it (answers to queries lie one deeper).
const json* flat_list(const json& value, const char* name) {
  const auto at = value.find(name);
  if (at == value.end() || !at->is_array()) return nullptr;
  if (at->size() == 1 && (*at)[0].is_array()) return &(*at)[0];
  return &*at;
}

result<lore_form> named(result<void> done, lore_form form, const fs::path& file) {
  if (!done) return unreadable(file, done.error().what + " " + done.error().why, done.error().remedy);
  return form;
}

lore_form form_of(const fs::path& file, char first) {
  auto ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".csv" || ending == ".tsv") return lore_form::csv;
  if (ending == ".json") return lore_form::json;
  if (first == '[') return lore_form::json;
  return lore_form::json_lines;
}

} // namespace

bool read_chroma_export(const json& value, std::uint64_t first_line, const row_sink& sink) {
  if (!value.is_object()) return false;
  const auto* ids = flat_list(value, "ids");
  const auto* documents = flat_list(value, "documents");
  const auto* metadatas = flat_list(value, "metadatas");
  if (!ids || (!documents && !metadatas)) return false;
  for (std::size_t i = 0; i < ids->size(); ++i) {
    const auto line = first_line + i;
    if ((documents && documents->size() != ids->size()) || (metadatas && metadatas->size() != ids->size())) {
      const row_fault fault{"bad_json", "ids, documents and metadatas have different lengths"};
      sink(line, nullptr, &fault);
      return true;
    }
    json row{{"id", (*ids)[i]}};
    if (documents) row["text"] = (*documents)[i];
    if (metadatas) row["metadata"] = (*metadatas)[i];
    sink(line, &row, nullptr);
  }
  return true;
}

result<lore_form> read_lore_text(std::string_view bytes, lore_form form, const row_sink& sink,
                                 const lore_file_limits& limits) {
  const fs::path here("-");
  if (form == lore_form::json) {
    if (bytes.substr(0, 3) == utf8_mark) bytes.remove_prefix(3);
    if (const auto bad = invalid_byte(bytes))
      return unreadable(here, "byte " + std::to_string(*bad + 1) + " is not UTF-8", "convert it to UTF-8");
    try {
      return named(read_whole(json::parse(bytes), sink), form, here);
    } catch (const json::exception& e) {
      return unreadable(here, parse_complaint(e));
    }
  }
  std::istringstream in{std::string(bytes)};
  if (form == lore_form::csv) return named(read_csv(in, sink, limits), form, here);
  read_lines(in, sink, limits);
  return form;
}

result<lore_form> read_lore_file(const fs::path& file, const row_sink& sink, const lore_file_limits& limits) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return unreadable(file, error ? error.message() : "it is no file");
  const auto size = fs::file_size(file, error);
  if (error) return unreadable(file, error.message());
  if (size > limits.file_bytes)
    return unreadable(file, "it is larger than " + std::to_string(limits.file_bytes >> 30) + " GB", "split it");
  std::ifstream in(file, std::ios::binary);
  if (!in) return unreadable(file, std::strerror(errno));
  char head[3]{};
  in.read(head, sizeof head);
  const std::string_view mark(head, static_cast<std::size_t>(in.gcount()));
  if (mark.substr(0, 2) == "\xff\xfe" || mark.substr(0, 2) == "\xfe\xff")
    return unreadable(file, "it is UTF-16", "convert it to UTF-8");
  in.clear();
  in.seekg(0);
  char first = 0;
  while (in.get(first) &&
         (std::isspace(static_cast<unsigned char>(first)) || static_cast<unsigned char>(first) >= 0x80)) {
  }
  in.clear();
  in.seekg(0);
  const auto form = form_of(file, first);
  if (form == lore_form::csv) return named(read_csv(in, sink, limits), form, file);
  if (form == lore_form::json_lines) {
    read_lines(in, sink, limits);
    if (in.bad())
      return failure{error_code::io_failed, "cannot read catalogue " + file.string(), std::strerror(errno),
                     "check the disk"};
    return form;
  }
  if (size > limits.whole_bytes)
    return unreadable(file, "as one JSON value it is larger than " + std::to_string(limits.whole_bytes >> 30) + " GB",
                      "write it as JSON Lines");
  std::string bytes(size, '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) return unreadable(file, std::strerror(errno));
  // Exports are at times written a record a line under this name.
  if (first == '{' && !json::accept(bytes) && json::accept(bytes.substr(0, bytes.find('\n'))))
    return read_lore_text(bytes, lore_form::json_lines, sink, limits);
  auto done = read_lore_text(bytes, form, sink, limits);
  if (!done) return unreadable(file, done.error().why, done.error().remedy);
  return done;
}

} // namespace longwave::storage
