# The tool and its programs in network namespaces, with packets; the same cases for each of the three
# builds of the program, as far as it has the feature.
if(NOT XDP_BLACKLIST_OBJECT)
  message(STATUS "No BPF objects: xdp-blacklist's behaviour is not tested")
  return()
endif()

# behaviour_test(NAME SCRIPT OBJECT [ARGUMENT...])
function(behaviour_test name script object)
  btfreloc_script_test(xdp_blacklist.${name} LABELS kernel TIMEOUT 300
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${script}.py
      --xdp-blacklist $<TARGET_FILE:xdp-blacklist> --object ${object} ${ARGN})
endfunction()

set(builds clang ${XDP_BLACKLIST_OBJECT})
if(XDP_BLACKLIST_PASS_OBJECT)
  list(APPEND builds pass ${XDP_BLACKLIST_PASS_OBJECT})
endif()
while(builds)
  list(POP_FRONT builds build object)
  behaviour_test(traffic.native.${build} traffic ${object} *.native)
  behaviour_test(traffic.generic.${build} traffic ${object} *.generic)
  behaviour_test(traffic.life.${build} traffic ${object}
    confirm expiry lifetime instances counters)
  behaviour_test(payloads.native.${build} payloads ${object} *.native)
  behaviour_test(payloads.generic.${build} payloads ${object} *.generic)
  behaviour_test(payloads.policy.${build} payloads ${object} not_listed policy* challenge ban_ends)
  behaviour_test(relocation_decides.${build} relocation_decides ${object})
endwhile()

set(rust ${PROJECT_SOURCE_DIR}/tools/xdp-blacklist/rust/blacklist.llvm19.o)
behaviour_test(traffic.rust traffic ${rust} --features core)
behaviour_test(relocation_decides.rust relocation_decides ${rust} --features core)

behaviour_test(privileges privileges ${XDP_BLACKLIST_OBJECT})
behaviour_test(restart restart ${XDP_BLACKLIST_OBJECT}
  --clang ${CLANG_BPF} --include ${LIBBPF_INCLUDE_DIR})
behaviour_test(bad_input bad_input ${XDP_BLACKLIST_OBJECT})
