using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class AsynchronousResponses : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "AsynchronousResponses",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    Client = table.Column<string>(nullable: false),
                    Subject = table.Column<string>(nullable: false),
                    Instance = table.Column<string>(nullable: false),
                    ExpiresAt = table.Column<long>(nullable: false),
                    FinishedAt = table.Column<long>(nullable: true),
                    Status = table.Column<int>(nullable: true),
                    Answer = table.Column<byte[]>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AsynchronousResponses", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_AsynchronousResponses_ExpiresAt",
                table: "AsynchronousResponses",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AsynchronousResponses");
        }
    }
}
