// Files to records; see lore_import.hpp.
#include "cli/lore_import.hpp"

#include "cli/place.hpp"
#include "storage/file_hash.hpp"
#include "storage/lore_file.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace longwave::cli {

namespace fs = std::filesystem;

result<curated_titles> read_curated(const std::string& file) {
  curated_titles titles;
  if (file.empty()) return titles;
  std::ifstream in(file);
  if (!in) return failure{error_code::bad_input, "cannot read the list of titles " + file, std::strerror(errno), "check --curated"};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && line.front() != '#') titles.add(line);
  }
  return titles;
}

result<read_catalogue> read_catalogue_file(const fs::path& file, const std::string& curated) {
  auto titles = read_curated(curated);
  if (!titles) return titles.error();
  read_catalogue read{lore_intake(file.filename().string(), std::move(titles.value())), ""};
  auto form = storage::read_lore_file(file, [&](std::uint64_t line, const nlohmann::json* row, const storage::row_fault* fault) {
    if (row) read.intake.add(line, *row);
    else read.intake.add_fault(line, {fault->kind, "", fault->why});
  });
  if (!form) return form.error();
  read.intake.finish();
  auto hash = storage::sha256_of_file(file);
  if (!hash) return hash.error();
  read.source_hash = std::move(hash.value());
  return read;
}

namespace {

std::string worded(const intake_fault& f, const std::string& source) {
  std::string line = source + ":" + std::to_string(f.line) + ": ";
  if (!f.id.empty()) line += "record \"" + f.id + "\": ";
  line += (f.fault.field.empty() ? f.fault.kind : f.fault.field) + ": " + f.fault.why;
  return line;
}

} // namespace

std::vector<std::string> fault_lines(const lore_intake& intake, const std::string& source, std::size_t limit) {
  std::vector<std::string> lines;
  for (const auto& f : intake.faults()) {
    if (lines.size() == limit) {
      lines.push_back(source + ": and " + std::to_string(intake.faults().size() - limit) + " faults more");
      break;
    }
    lines.push_back(worded(f, source));
  }
  return lines;
}

failure refusal_of(const lore_intake& intake, const std::string& source) {
  const auto& first = intake.faults().front();
  return {error_code::bad_input, "cannot import " + source,
          std::to_string(intake.faults().size()) + " of " + std::to_string(intake.rows()) + " records are faulty, the first: " +
            worded(first, source),
          "mend them, or leave them out with --skip-bad; nothing was imported"};
}

fs::path lore_folder_of(const fs::path& folder) {
  const auto where = find_place(folder);
  std::error_code ec;
  return where ? where.value().data_dir / "lore" : fs::absolute(folder, ec).lexically_normal() / ".longwave" / "lore";
}

result<std::shared_ptr<const lore_catalogue>> open_catalogue(const fs::path& where, bool skip_bad) {
  std::error_code ec;
  if (fs::is_directory(where, ec)) {
    const auto inside = fs::exists(where / "CURRENT", ec) ? where : lore_folder_of(where);
    auto store = storage::lore_store::open(inside, storage::lore_access::read);
    if (!store) return store.error();
    return std::shared_ptr<const lore_catalogue>(std::move(store.value()));
  }
  auto read = read_catalogue_file(where, "");
  if (!read) return read.error();
  return as_catalogue(std::move(read.value()), where.string(), skip_bad);
}

result<std::shared_ptr<const lore_catalogue>> as_catalogue(read_catalogue read, const std::string& source, bool skip_bad) {
  if (!read.intake.faults().empty() && !skip_bad) return refusal_of(read.intake, source);
  return std::shared_ptr<const lore_catalogue>(std::make_shared<lore_list>(read.intake.take_records(), read.source_hash));
}

} // namespace longwave::cli
