# Sends a test tone to /main.mp3 of the Icecast at $ICECAST, and another title every 20 s. Starts again when Icecast is not there.
titles () {
  while sleep 2; do
    for title in 'Nina Simone - Feeling Good' 'Björk - Hyperballad' 'Portishead - Roads'; do
      curl --silent --output /dev/null --max-time 5 --get --user admin:admin-secret "http://$ICECAST/admin/metadata" \
        --data mode=updinfo --data mount=/main.mp3 --data charset=UTF-8 --data-urlencode "song=$title"
      sleep 20
    done
  done
}
titles &
while true; do
  ffmpeg -loglevel warning -re -f lavfi -i sine=frequency=220 -filter:a volume=0.1 -c:a libmp3lame -b:a 128k \
    -content_type audio/mpeg -ice_name 'Radio Main' -f mp3 "icecast://source:source-secret@$ICECAST/main.mp3"
  sleep 2
done
