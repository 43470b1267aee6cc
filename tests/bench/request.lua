-- wrk sends one fixed request: wrk -s request.lua URL -- METHOD [BODY]
function init(args)
  wrk.method = args[1] or "GET"
  if args[2] then
    wrk.body = args[2]
    wrk.headers["Content-Type"] = "application/json"
  end
end
