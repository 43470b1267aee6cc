-- wrk sends one fixed request: wrk -s request.lua URL -- METHOD [BODY [MEDIA-TYPE]]
function init(args)
  wrk.method = args[1] or "GET"
  if args[2] then
    wrk.body = args[2]
    wrk.headers["Content-Type"] = args[3] or "application/json"
  end
end
