// valijson behind a narrow door: compiles schemas and words the first fault.
#include "storage/pack_schema.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <exception>
#include <fstream>

namespace longwave::storage {

struct pack_schemas::compiled {
  nlohmann::json source;
  valijson::Schema schema;
};

namespace {

/// "<root>", "[stories]", "[0]" -> "stories[0]".
std::string field_name(const std::vector<std::string>& context) {
  std::string field;
  for (const auto& part : context) {
    if (part.size() < 2 || part.front() != '[') continue;
    const auto name = part.substr(1, part.size() - 2);
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos)
      field += part;
    else
      field += (field.empty() ? "" : ".") + name;
  }
  return field;
}

/// The innermost fault says most: "expected string" rather than "the element does not fit".
schema_fault deepest(valijson::ValidationResults& results) {
  schema_fault fault{"", "does not fit its schema", false};
  std::size_t depth = 0;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    if (depth != 0 && error.context.size() <= depth) continue;
    depth = error.context.size();
    fault = {field_name(error.context), error.description, false};
  }
  return fault;
}

} // namespace

pack_schemas::pack_schemas() = default;
pack_schemas::~pack_schemas() = default;

std::optional<schema_fault> pack_schemas::check(const std::filesystem::path& folder, const std::string& name,
                                                const nlohmann::json& document) {
  auto& entry = schemas_[name];
  try {
    if (!entry) {
      std::ifstream in(folder / (name + ".schema.json"), std::ios::binary);
      if (!in) return std::nullopt;
      auto fresh = std::make_unique<compiled>();
      fresh->source = nlohmann::json::parse(in);
      valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
      parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(fresh->source), fresh->schema);
      entry = std::move(fresh);
    }
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(entry->schema, valijson::adapters::NlohmannJsonAdapter(document), &results))
      return std::nullopt;
    return deepest(results);
  } catch (const std::exception& e) {
    return schema_fault{"", e.what(), true};
  }
}

} // namespace longwave::storage
