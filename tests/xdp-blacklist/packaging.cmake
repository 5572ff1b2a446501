foreach(part man completion systemd fail2ban)
  btfreloc_script_test(xdp_blacklist.packaging.${part} LABELS unit TIMEOUT 300
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/packaging.py ${part}
      ${CMAKE_BINARY_DIR})
endforeach()
if(XDP_BLACKLIST_OBJECT)
  btfreloc_script_test(xdp_blacklist.packaging.installed LABELS kernel TIMEOUT 120
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/installed.py ${CMAKE_BINARY_DIR})
  # What docs/xdp-blacklist-json.md says of answers, and the README's tour.
  btfreloc_script_test(xdp_blacklist.answers LABELS kernel TIMEOUT 180
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/answers.py
      --bin $<TARGET_FILE_DIR:xdp-blacklist>)
  btfreloc_script_test(xdp_blacklist.tour LABELS kernel TIMEOUT 180
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/tour.py
      --bin $<TARGET_FILE_DIR:xdp-blacklist>)
endif()
btfreloc_script_test(xdp_blacklist.challenge_server LABELS kernel TIMEOUT 150
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/challenge_server.py)
