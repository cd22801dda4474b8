// Ends `go mod download` well in the image build of aws-for-fluent-bit, which calls it for every plugin. There is no Go here.
module fluent-bit-kinesis-node

go 1.21
