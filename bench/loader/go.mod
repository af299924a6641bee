module jinhong/bench/loader

go 1.26
