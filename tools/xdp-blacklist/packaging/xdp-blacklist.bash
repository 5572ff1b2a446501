# bash completion of xdp-blacklist(8); needs no bash-completion package.
#   . <(xdp-blacklist completions bash)

# Options after which a value follows.
_xdp_blacklist_valued='--name|--pins|--color|--netns|--xdp|--mode|--confirm|--object|--btf|--max-rules|--sample|--owner|--group|--pin-mode|--only|--without|--rules|--most-fails|--ban|--interface|--for|--src|--dst|--tcp|--udp|--sport|--vlan|--sni|--agent|--packet|--watch|--rounds|-n|--count|--format|--memory|--instructions|--compare|--packets|--repeat'

_xdp_blacklist_commands='load unload reload mode status list add del test stats top events import export apply policy bench completions'
_xdp_blacklist_lists='hosts nets ports names agents bans'

_xdp_blacklist_options() {
  local global='--name --pins --json --color --help' scope='--interface --group --netns'
  local program='--object --btf --max-rules --sample --mode --only --without --frags'
  program+=' --challenge --most-fails --ban --owner --group --pin-mode'
  case $1 in
    '') echo "$global --version" ;;
    load) echo "$global $program --netns --xdp --confirm --rules --mount" ;;
    unload) echo "$global --netns --keep-rules" ;;
    reload) echo "$global $program --drop-fields" ;;
    mode) echo "$global --confirm" ;;
    add) echo "$global $scope --for" ;;
    del) echo "$global $scope" ;;
    test)
      echo "$global --src --dst --tcp --udp --sport --vlan --sni --agent --interface --packet" \
        "--object"
      ;;
    stats) echo "$global --watch --rounds" ;;
    top) echo "$global -n --watch --rounds" ;;
    events) echo "$global --count --for" ;;
    import) echo "$global --skip-bad --format" ;;
    export) echo "$global --format" ;;
    apply) echo "$global --dry-run --skip-bad --format" ;;
    policy) echo "$global --for --memory --instructions" ;;
    bench) echo "$global --compare --packets --repeat --rounds --rules --object" ;;
    *) echo "$global" ;;
  esac
}

# Sets `instances`: those that are loaded, where --pins says, or in the usual places.
_xdp_blacklist_instances() {
  local folder folders=(/sys/fs/bpf/xdp-blacklist/*/ /run/xdp-blacklist/*/)
  [ -n "$pins" ] && folders=("$pins"/*/)
  instances=()
  for folder in "${folders[@]%/}"; do
    [ -d "$folder" ] && instances+=("${folder##*/}")
  done
  true
}

# The rules of the instance, as `del` takes them.
_xdp_blacklist_rules() {
  local which=()
  [ -n "$name" ] && which+=(--name "$name")
  [ -n "$pins" ] && which+=(--pins "$pins")
  "${words[0]}" "${which[@]}" list --json 2>/dev/null |
    grep -o '"rule": *"[^"\\ ]*"' | sed 's/.*"\([^"]*\)"$/\1/'
}

# Splits the line up to the cursor at blanks only. bash splits it at colons too, of which
# addresses and ports have many. Sets `words`, the last of which is the one to complete.
_xdp_blacklist_words() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  case $line in *[[:blank:]] | '') words+=('') ;; esac
}

# Sets `command`, `name`, `pins`, and `argument_count`: of words after the command that are no
# options.
_xdp_blacklist_read_words() {
  local i word
  command='' name='' pins='' argument_count=0
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    case $word in
      --name=*) name=${word#*=} ;;
      --pins=*) pins=${word#*=} ;;
      --name) name=${words[++i]} ;;
      --pins) pins=${words[++i]} ;;
      -*) if [[ $word == @($_xdp_blacklist_valued) ]]; then ((++i)); fi ;;
      *) if [ -z "$command" ]; then command=$word; else ((++argument_count)); fi ;;
    esac
  done
}

# Prints what may follow the option $1; 1 when it takes no value.
_xdp_blacklist_values() {
  local interfaces namespaces instances
  case $1 in
    --name) _xdp_blacklist_instances && echo "${instances[*]}" ;;
    --color) echo auto always never ;;
    --xdp) echo auto native generic ;;
    --mode) echo block allow ;;
    --interface) interfaces=(/sys/class/net/*) && echo "${interfaces[*]##*/}" ;;
    --netns)
      namespaces=(/run/netns/*)
      [ -e "${namespaces[0]}" ] && echo "${namespaces[*]##*/}"
      ;;
    --group) [[ $command == @(load|reload) ]] && compgen -g ;;
    --owner) compgen -u ;;
    --format) echo plain ipset json ;;
    --only) echo hosts4 hosts6 nets4 nets6 ports names agents ;;
    --without) echo events kernel-context strnstr ;;
    --for | --confirm | --ban | --watch) echo 10s 30s 10m 1h 7d ;;
    *) [[ $1 == @($_xdp_blacklist_valued) ]] || return 1 ;;
  esac
  return 0
}

# Prints what may stand for an argument of the command.
_xdp_blacklist_arguments() {
  local interfaces
  case $command in
    '') echo "$_xdp_blacklist_commands" ;;
    load | unload) interfaces=(/sys/class/net/*) && echo "${interfaces[*]##*/}" ;;
    mode) [ "$argument_count" -eq 0 ] && echo block allow confirm ;;
    list)
      [ "$argument_count" -eq 0 ] && echo "$_xdp_blacklist_lists"
      _xdp_blacklist_rules
      ;;
    add) echo tcp: udp: port: tcp-src: udp-src: port-src: name: agent: ;;
    del) _xdp_blacklist_rules ;;
    completions) echo bash ;;
  esac
}

# Without this what a reply has in front of its last colon would be there twice.
_xdp_blacklist_cut_colons() {
  local current=$1 i
  case $COMP_WORDBREAKS in *:*) ;; *) return ;; esac
  case $current in *:*) ;; *) return ;; esac
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"${current%:*}:"}; done
}

_xdp_blacklist() {
  local words command name pins argument_count current previous values
  _xdp_blacklist_words
  _xdp_blacklist_read_words
  current=${words[-1]}
  previous=''
  [ ${#words[@]} -gt 2 ] && previous=${words[-2]}

  if values=$(_xdp_blacklist_values "$previous"); then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_xdp_blacklist_options "$command")" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(_xdp_blacklist_arguments)" -- "$current")
  fi
  # A rule's kind, after which its number or name follows.
  case ${COMPREPLY[*]} in *:) compopt -o nospace 2>/dev/null ;; esac
  _xdp_blacklist_cut_colons "$current"
}

# Files where there is nothing else to offer.
complete -o default -F _xdp_blacklist xdp-blacklist
