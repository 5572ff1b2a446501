foreach(part man completion systemd fail2ban)
  btfreloc_script_test(xdp_blacklist.packaging.${part} LABELS unit TIMEOUT 300
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/packaging.py ${part})
endforeach()
btfreloc_script_test(xdp_blacklist.challenge_server LABELS kernel TIMEOUT 150
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/challenge_server.py)
