#include "support/btf_cases.h"

#include "support/btf_case_list.h"

namespace btfreloc::test {

std::vector<BtfCase> btf_cases() {
  Cases cases;
  add_header_cases(cases);
  add_name_cases(cases);
  add_reference_cases(cases);
  add_value_cases(cases);
  add_member_cases(cases);
  add_function_cases(cases);
  add_special_cases(cases);
  return cases.take();
}

}  // namespace btfreloc::test
